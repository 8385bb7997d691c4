"""Point: a place in one of four coordinate systems."""

from __future__ import annotations

from typing import Final

from neuralgraph.values.records import record

CARTESIAN: Final = 7203
CARTESIAN_3D: Final = 9157
WGS_84: Final = 4326
WGS_84_3D: Final = 4979

SYSTEM_NAMES: Final[dict[int, str]] = {
    CARTESIAN: "cartesian",
    CARTESIAN_3D: "cartesian-3d",
    WGS_84: "wgs-84",
    WGS_84_3D: "wgs-84-3d",
}
DIMENSIONS: Final[dict[int, int]] = {CARTESIAN: 2, CARTESIAN_3D: 3, WGS_84: 2, WGS_84_3D: 3}


@record
class Point:
    """A place.

    Attributes:
        srid: the coordinate system: 7203 cartesian, 9157 cartesian-3d, 4326 wgs-84, 4979 wgs-84-3d.
        coordinates: x, y and perhaps z; for wgs-84 longitude, latitude (degrees), height (metres).
    """

    srid: int
    coordinates: tuple[float, ...]

    @property
    def is_geographic(self) -> bool:
        """On the globe, not in a plane?"""
        return self.srid in (WGS_84, WGS_84_3D)

    @property
    def system(self) -> str:
        """The name of the coordinate system, such as ``wgs-84``."""
        return SYSTEM_NAMES[self.srid]

    @property
    def x(self) -> float:
        """First coordinate; the longitude."""
        return self.coordinates[0]

    @property
    def y(self) -> float:
        """Second coordinate; the latitude."""
        return self.coordinates[1]

    @property
    def z(self) -> float | None:
        """Third coordinate; the height."""
        return self.coordinates[2] if len(self.coordinates) > 2 else None

    @property
    def sort_key(self) -> tuple[int, tuple[float, ...]]:
        """Orders points by system, then by coordinates."""
        return (self.srid, self.coordinates)

    def to_fields(self) -> tuple[int | float, ...]:
        """For storage: the srid and the coordinates."""
        return (self.srid, *self.coordinates)

    @staticmethod
    def from_fields(fields: tuple[int | float, ...]) -> Point:
        """The inverse of `to_fields`."""
        return Point(int(fields[0]), tuple(float(number) for number in fields[1:]))

    def __str__(self) -> str:
        names = ("x", "y", "z")
        shown = ", ".join(
            f"{name}: {value}" for name, value in zip(names, self.coordinates, strict=False)
        )
        return f"point({{{shown}, crs: '{self.system}'}})"
