"""Points: ``point({...})``, distances, bounding boxes.

Distances on the globe are great circles of a sphere with the mean radius of the earth, with the heights'
difference as the third side of a right triangle.
"""

from __future__ import annotations

import math
from typing import Any, Final

from neuralgraph.query.functions.arguments import out_of_range, wrong_type
from neuralgraph.query.functions.signature import CallContext, Function
from neuralgraph.values import Point
from neuralgraph.values.points import (
    CARTESIAN,
    CARTESIAN_3D,
    DIMENSIONS,
    SYSTEM_NAMES,
    WGS_84,
    WGS_84_3D,
)

_EARTH_RADIUS_M: Final = 6_378_140.0
_SRIDS: Final = {name: srid for srid, name in SYSTEM_NAMES.items()}


def _point(context: CallContext, fields: Any) -> Point | None:  # noqa: ARG001
    if isinstance(fields, Point):
        return fields
    if type(fields) is not dict:
        raise wrong_type("point", fields, "a map")
    is_geographic = "longitude" in fields or "latitude" in fields
    names = ("longitude", "latitude", "height") if is_geographic else ("x", "y", "z")
    if any(name in fields and fields[name] is None for name in names):
        return None
    if names[0] not in fields or names[1] not in fields:
        raise out_of_range("point() takes x and y, or longitude and latitude")
    coordinates = tuple(_coordinate(fields[name]) for name in names if name in fields)
    if is_geographic and "z" in fields and len(coordinates) == 2:
        coordinates += (_coordinate(fields["z"]),)
    srid = _srid(fields, len(coordinates), is_geographic=is_geographic)
    if DIMENSIONS[srid] != len(coordinates):
        raise out_of_range(f"{SYSTEM_NAMES[srid]} has {DIMENSIONS[srid]} coordinates")
    if srid in (WGS_84, WGS_84_3D):
        coordinates = _on_the_globe(coordinates)
    return Point(srid, coordinates)


def _coordinate(value: Any) -> float:
    if type(value) not in (int, float):
        raise wrong_type("point", value, "numbers as coordinates")
    return float(value)


def _srid(fields: dict[str, Any], dimensions: int, *, is_geographic: bool) -> int:
    name, number = fields.get("crs"), fields.get("srid")
    if name is not None:
        srid = _SRIDS.get(str(name).lower().replace("wgs84", "wgs-84"))
        if srid is None:
            raise out_of_range(f"{name} is not a coordinate system")
        return srid
    if number is not None:
        if number not in SYSTEM_NAMES:
            raise out_of_range(f"{number} is not the srid of a coordinate system")
        return int(number)
    if is_geographic:
        return WGS_84 if dimensions == 2 else WGS_84_3D
    return CARTESIAN if dimensions == 2 else CARTESIAN_3D


def _on_the_globe(coordinates: tuple[float, ...]) -> tuple[float, ...]:
    longitude, latitude = coordinates[:2]
    if not -90 <= latitude <= 90:
        raise out_of_range(f"a latitude lies between -90 and 90, and is not {latitude}")
    if not -180 <= longitude <= 180:
        longitude = (longitude + 180) % 360 - 180
    return (longitude, *coordinates[1:])


def _distance(context: CallContext, start: Any, end: Any) -> float | None:  # noqa: ARG001
    for place in (start, end):
        if not isinstance(place, Point):
            raise wrong_type("point.distance", place, "points")
    if start.srid != end.srid:
        return None
    if not start.is_geographic:
        return math.dist(start.coordinates, end.coordinates)
    first, second = math.radians(start.y), math.radians(end.y)
    half = (
        math.sin((second - first) / 2) ** 2
        + math.cos(first) * math.cos(second) * math.sin(math.radians(end.x - start.x) / 2) ** 2
    )
    radius = _EARTH_RADIUS_M + ((start.z or 0.0) + (end.z or 0.0)) / 2
    surface = 2 * radius * math.asin(min(1.0, math.sqrt(half)))
    return math.hypot(surface, (end.z or 0.0) - (start.z or 0.0))


def _within_box(context: CallContext, place: Any, low: Any, high: Any) -> bool | None:  # noqa: ARG001
    for value in (place, low, high):
        if not isinstance(value, Point):
            raise wrong_type("point.withinBBox", value, "points")
    if not place.srid == low.srid == high.srid:
        return None
    sides = list(zip(low.coordinates, place.coordinates, high.coordinates, strict=True))
    if place.is_geographic and low.x > high.x:
        # The box goes across the date line.
        if low.x > place.x > high.x:
            return False
        sides = sides[1:]
    return all(least <= middle <= most for least, middle, most in sides)


FUNCTIONS: Final = (
    Function("point", ("MAP",), "POINT", _point, category="Spatial",
             description="A point from x, y, z or longitude, latitude, height."),
    Function("point.distance", ("POINT", "POINT"), "FLOAT", _distance, category="Spatial",
             description="How far apart two points are; in metres on the globe."),
    Function("point.withinBBox", ("POINT", "POINT", "POINT"), "BOOLEAN", _within_box,
             category="Spatial", description="Does a point lie in a box given by two corners?"),
)  # fmt: skip
