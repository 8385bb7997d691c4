"""Words that say nothing of what a text is about, by language.

Most lists are whoosh's; the languages that it has none for are here: articles, pronouns, prepositions,
conjunctions and forms of "to be", as any grammar lists them.
"""

from __future__ import annotations

from typing import Final

from neuralgraph.errors import OptionError

_ENGLISH_FEW: Final = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there"
    " these they this to was will with"
)
ENGLISH_FEW: Final = frozenset(_ENGLISH_FEW.split())
"""What the analyzers `standard` and `stop` leave out."""

_CODES: Final = {
    "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi", "french": "fr", "german": "de",
    "hungarian": "hu", "italian": "it", "norwegian": "no", "portuguese": "pt", "russian": "ru",
    "spanish": "es", "swedish": "sv", "turkish": "tr",
}  # fmt: skip

_MORE: Final = {"french": "la le les leur leurs si", "russian": "это эта", "turkish": "bir"}
"""Words that whoosh's lists lack."""

_OWN: Final = {
    "arabic": (
        "في من على إلى عن مع هذا هذه ذلك تلك التي الذي الذين و أو ثم لا ما لم لن قد كان كانت يكون"
        " هو هي هم نحن أنا أنت إن أن كل بعض غير بين بعد قبل عند حتى إذا كما أي لكن هناك منذ حيث فيه"
        " فيها منه منها له لها به بها عليه عليها"
    ),
    "greek": (
        "ο η το οι τα του της των τον την τους τις στο στη στην στον στους στις στα και ή αλλά ότι"
        " πως που να θα δεν μη μην με σε από για ως κατά μετά παρά προς αν όταν είναι ήταν είμαι"
        " είσαι έχει έχουν αυτός αυτή αυτό αυτοί αυτές αυτά εγώ εσύ εμείς εσείς μου σου μας σας ένας"
        " μια μία ένα"
    ),
    "romanian": (
        "a al ale ai am au are aș ar acea aceea acest această aceste acești acel acela acolo aici"
        " asta ca care că ce cel cea cei cele cu cum când dar de despre din după e ea ei el ele era"
        " este eu eram fi fie fost în între îi îl îmi își îți la le lor lui mai mea mei mele meu mi"
        " mine nu ne noi nici nostru o or ori pe pentru prin până s sa sale sau se si și sunt suntem"
        " să te tu un una unei unui unor vă voi"
    ),
    "tamil": (
        "ஒரு என்று மற்றும் இந்த இது என்ற கொண்டு என்பது பல ஆகும் அல்லது அவர் நான் உள்ள அந்த இவர் என"
        " முதல் என்ன இருந்து சில என் போன்ற வேண்டும் வந்து இதன் அது அவன் தான் என்னும் மேலும் பின்னர்"
        " கொண்ட இருக்கும் தனது உள்ளது போது என்றும் அதன் தன் பிறகு அவர்கள் வரை அவள் நீ ஆகிய இருந்தது"
        " உள்ளன வந்த இருந்த மிகவும் இங்கு மீது ஓர் இவை இந்தக் பற்றி வரும் வேறு இரு இதில் போல்"
        " இப்போது அவரது மட்டும் எனும் மேல் பின் ஆனால் கூட"
    ),
}


def stop_words_of(language: str) -> frozenset[str]:
    """The stop words of a language, in lower case; none for languages without a list.

    Raises:
        OptionError: whoosh is not installed.
    """
    if language in _OWN:
        return frozenset(_OWN[language].split())
    code = _CODES.get(language)
    if code is None:
        return frozenset()
    try:
        from whoosh.lang.stopwords import stoplists
    except ImportError as error:
        raise missing_extra(error) from error
    return frozenset(stoplists[code]).union(_MORE.get(language, "").split())


def missing_extra(error: ImportError) -> OptionError:
    """What to install for the languages."""
    return OptionError(
        f"analyzers for languages need more packages ({error.name} is missing):"
        " pip install 'neuralgraphdb[search]'"
    )
