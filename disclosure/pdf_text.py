"""The text of a PDF: `python -m disclosure.pdf_text memory cpu`.

The file comes from anyone, so this is a program of `portal.cases.confined`, which `extracting` starts. It is
asked with `most`, the number of characters that are wanted. No Django here.
"""

from __future__ import annotations

import io
from typing import Any

from portal.cases import pdf_files
from portal.cases.confined import SPENT, answer

# What a page draws, unpacked. A page of text has 15 000 bytes; half a second is spent on a million.
MOST_DRAWN = 12 * 1024 * 1024
# Of one stream, and in figures and words of one page: a map has more, and no sentences.
MOST_UNPACKED = 32 * 1024 * 1024
MOST_WORDS = 500_000
MOST_FORMS = 200


def main() -> None:
    answer(lambda asked, data: read(data, most=int(asked["most"])))


def read(data: bytes, *, most: int) -> dict[str, Any]:
    """{"problem": code or "", "text": pages one after the other}, of at least `most` characters if there are.

    Reads no further than that, and than MOST_DRAWN. Raises whatever the reader raises for a damaged file.
    """
    # Whether it is whole and open, and how many objects and pages it has, the portal's own check knows.
    if problem := pdf_files.read(data)["problem"]:
        return {"problem": problem, "text": ""}
    # Imported here, so that it happens within the limits.
    from pypdf import PdfReader, apply_configuration

    with apply_configuration(
        zlib_maximum_output_length=MOST_UNPACKED,
        lzw_maximum_output_length=MOST_UNPACKED,
        run_length_maximum_output_length=MOST_UNPACKED,
        array_based_stream_maximum_output_length=MOST_UNPACKED,
        stream_parsing_work_maximum_count=MOST_WORDS,
        xform_maximum_invocations_per_extraction=MOST_FORMS,
        jbig2dec_binary=None,
    ):
        return _read(PdfReader(io.BytesIO(data)), most)


def _read(reader: Any, most: int) -> dict[str, Any]:
    from pypdf.errors import LimitReachedError

    found: list[str] = []
    characters = drawn = 0
    problem = ""
    for page in reader.pages:
        try:
            content = page.get_contents()
            drawn += len(content.get_data()) if content is not None else 0
            if drawn > MOST_DRAWN:
                break
            text = page.extract_text()
        except SPENT:
            raise
        except LimitReachedError:
            problem = "too_much"
            continue
        except Exception:
            # One page that cannot be read does not take the others with it.
            problem = problem or "broken"
            continue
        found.append(text)
        characters += len(text)
        if characters >= most:
            break
    return {"problem": "" if characters else problem, "text": "\n".join(found)}


if __name__ == "__main__":
    main()
