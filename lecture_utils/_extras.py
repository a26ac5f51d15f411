"""Says what to install where a library is missing that only a part of the package needs."""

from contextlib import contextmanager


@contextmanager
def needs(extra):
    """Name the extra that brings what is imported within, where that is not installed.

    Parameters
    ----------
    extra : str
        As in the package's metadata, such as "publish".

    Raises
    ------
    ImportError
        In the place of a `ModuleNotFoundError`.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        message = f'{error.name} is not installed: pip install "lecture-utils[{extra}]"'
        raise ImportError(message, name=error.name) from None
