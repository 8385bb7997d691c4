# ruff: noqa: RUF001 (words are spelt in their own letters)
"""Each language with real words: forms of a word are one term, other words are not, stop words are none."""

import unicodedata

import pytest

from neuralgraph.text import analyzer_named
from neuralgraph.text.catalogue import LANGUAGES

SAME = {
    "arabic": [("الكتاب", "كتاب"), ("المدرسة", "مدرسة", "مدرستها"), ("المعلمون", "معلمون")],
    "danish": [("huset", "husene", "huse"), ("hunden", "hundene")],
    "dutch": [("huizen", "huis"), ("katten", "kat"), ("lopend", "lopende")],
    "english": [("running", "runs", "run"), ("connection", "connected"), ("cat's", "cats", "cat")],
    "finnish": [("taloissa", "talossa", "talon"), ("kirjat", "kirjan")],
    "french": [("l'oiseau", "oiseaux", "oiseau"), ("mangeaient", "manger"), ("chevaux", "cheval")],
    "german": [("Häuser", "Hauses", "Haus"), ("laufenden", "laufende"), ("Katzen", "Katze")],
    "greek": [("άνθρωπος", "ανθρώπου", "άνθρωποι"), ("δρόμος", "δρόμοι")],
    "hungarian": [("házak", "ház"), ("könyveket", "könyvek"), ("városban", "város")],
    "italian": [("dell'amico", "amici", "amico"), ("mangiando", "mangiare"), ("libri", "libro")],
    "norwegian": [("husene", "huset"), ("bøkene", "bøker"), ("hundene", "hunder")],
    "portuguese": [("livros", "livro"), ("meninas", "menina"), ("trabalhando", "trabalhar")],
    "romanian": [("cărțile", "cărți"), ("copiilor", "copii"), ("frumoase", "frumoasă")],
    "russian": [("книги", "книга", "книгу"), ("городами", "город"), ("бегущий", "бегущая")],
    "spanish": [("libros", "libro"), ("corriendo", "correr"), ("niñas", "niña")],
    "swedish": [("husen", "huset"), ("böckerna", "böcker"), ("flickorna", "flickor")],
    "tamil": [("வீடுகள்", "வீடு"), ("பாடல்கள்", "பாடலை"), ("நாடுகளில்", "நாடுகள்")],
    "turkish": [("evler", "evleri", "ev"), ("Ankara'da", "Ankara"), ("KIZLAR", "kız")],
}  # fmt: skip
STOPPED = {
    "arabic": "في من على", "danish": "og er det", "dutch": "het een van", "english": "the and of",
    "finnish": "olla ja minun", "french": "les une dans", "german": "der und nicht", "greek": "και το είναι",
    "hungarian": "hogy nem egy", "italian": "della sono che", "norwegian": "og ikke det",
    "portuguese": "uma para não", "romanian": "și este pentru", "russian": "что это не",
    "spanish": "los una para", "swedish": "och inte det", "tamil": "ஒரு மற்றும் இந்த", "turkish": "bu ve için",
}  # fmt: skip


def terms(language: str, text: str) -> list[str]:
    return [token.term for token in analyzer_named(language).tokens(text)]


@pytest.mark.parametrize("language", sorted(SAME))
def test_forms_of_a_word_are_one_term(language):
    for forms in SAME[language]:
        found = {tuple(terms(language, form)) for form in forms}
        assert len(found) == 1, (forms, found)
    firsts = [tuple(terms(language, forms[0])) for forms in SAME[language]]
    assert len(set(firsts)) == len(firsts), "other words are other terms"


@pytest.mark.parametrize("language", sorted(STOPPED))
def test_stop_words_are_no_terms(language):
    stops = STOPPED[language]
    word = SAME[language][0][0]
    assert terms(language, stops) == []
    tokens = analyzer_named(language).tokens(f"{stops} {word}")
    assert [token.position for token in tokens] == [3], "what is left out still takes its place"


@pytest.mark.parametrize("language", LANGUAGES)
def test_accents_may_be_written_apart_from_their_letters(language):
    for word in " ".join([STOPPED.get(language, ""), *sum(SAME.get(language, []), ())]).split():
        assert terms(language, unicodedata.normalize("NFD", word)) == terms(language, word)


def test_greek_is_found_however_it_is_written():
    assert terms("greek", "Ο ΔΡΟΜΟΣ ΗΤΑΝ") == terms("greek", "δρόμος")
    assert analyzer_named("greek").normalised("ΦΙΛΟΣ") == "φιλοσ", "the start of φιλοσοφία"


def test_turkish_has_two_letters_i():
    assert terms("turkish", "IRMAK İSTANBUL") == terms("turkish", "ırmak istanbul")
    assert terms("turkish", "IRMAK") != terms("turkish", "irmak")


def test_arabic_is_found_with_and_without_vowel_signs():
    assert terms("arabic", "كِتَابٌ") == terms("arabic", "كتـــاب") == terms("arabic", "كتاب")
    assert terms("arabic", "إسلام") == terms("arabic", "اسلام")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_that_is_listed_can_be_used(language):
    assert analyzer_named(language).tokens("1234")[0].term == "1234"
