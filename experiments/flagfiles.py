"""Command lines with their flagfiles written out."""

import codecs
import difflib
import os
import pathlib
import re

__all__ = ["expand", "find_flagfile"]

# Of a checkout, and of the installed package alike.
_PACKAGED = pathlib.Path(__file__).parents[1]
_FLAGFILE = re.compile(r"--?flagfile(?:=(.*))?")
_HOME = re.compile(r"(?<![^=:,])~(?=/|$)")


def expand(arguments, beside=None, within=()) -> list[str]:
    """Returns arguments with the lines of flagfiles in their place.

    Flagfiles of the command line come first, so that it decides, wherever they stand.
    Lines that begin with `#` or `//` are comments. As in a shell, `~` at the beginning
    of a value, or after `:` or `,`, is the user's home.

    Args:
      arguments: Flags.
      beside: Directory of the flagfile that they are lines of; None: a command line.
      within: The flagfiles that led there.

    Raises:
      ValueError: If a flagfile is not found or cannot be read, or leads back to itself.
    """
    files, others, rest = [], [], list(arguments)
    while rest:
        argument = rest.pop(0)
        match = _FLAGFILE.fullmatch(argument)
        if match and (match[1] is not None or rest):
            name = rest.pop(0) if match[1] is None else match[1]
            found = _lines(find_flagfile(name, beside), within)
            (files if beside is None else others).extend(found)
        else:
            home = os.path.expanduser("~")
            others.append(_HOME.sub(lambda _, home=home: home, argument))
    return [*files, *others]


def find_flagfile(name, beside=None) -> pathlib.Path:
    """Returns the path of a flagfile.

    It is looked for beside the file that names it, in the directory one is in, and
    among the flagfiles of the package, by its path there or its name.

    Args:
      name: Path of the file.
      beside: Directory of the flagfile that names it, or None.

    Raises:
      ValueError: If there is none.
    """
    path = pathlib.Path(os.path.expanduser(name))
    places = [_PACKAGED, _PACKAGED / "flags"]
    if beside is not None:
        places.insert(0, beside)
        places.insert(1, pathlib.Path())
    else:
        places.insert(0, pathlib.Path())
    for place in places:
        if name and (place / path).is_file():
            return place / path
    known = [path.stem for path in (_PACKAGED / "flags").glob("*.flags")]
    close = difflib.get_close_matches(path.stem, known)
    hint = f". Did you mean {' or '.join(close)}?" if close else ""
    raise ValueError(
        "a flagfile must exist: in this directory, beside the file that names it, or "
        f"in the package. Received: {str(name)!r}, which is in none of them{hint}"
    )


def _lines(path, within):
    place = path.resolve()
    if place in within:
        raise ValueError(
            f"a flagfile must not lead back to itself. Received: {str(path)!r}"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"a flagfile must be readable. Received: {error}") from None
    lines = [line.strip() for line in re.split(r"[\r\n]+", _decode(content))]
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    return expand(lines, path.parent, (*within, place))


def _decode(content):
    """Returns text as editors of all systems save it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
