"""The bundled tokenizer: a word has the same pieces wherever it stands, and text survives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.tokenizer import Tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    return [tokenizer.piece(id) for id in tokenizer.encode(text)]


def test_golden_pieces(mini_tokenizer: Tokenizer) -> None:
    assert mini_tokenizer.vocab_size == 8192 + 9
    assert pieces(mini_tokenizer, "get_weather\n") == ["▁", "get", "_", "weather", "<0x0A>"]
    assert pieces(mini_tokenizer, "tool_call(city='北京', days=12)") == [
        *("▁", "tool_call(", "city", "='", "北", "京", "',▁", "days", "=", "1", "2", ")")
    ]
    assert pieces(mini_tokenizer, '{\n    "name": "a"\n}')[-5:] == ['"name":▁"', "a", '"', "<0x0A>", "}"]


def test_a_value_has_the_same_ids_in_a_request_and_in_a_call(mini_tokenizer: Tokenizer) -> None:
    for value in ("Zailaint Prairie", "里斯本", "QX-4410", "anna.k@willow.org", "2031-07-09", "-17.25", "buy 3 lemons"):
        ids = mini_tokenizer.encode(f"x {value}")[3:]
        for around in ("please use {} now", "tool_call(a='{}')", '{{"key": "{}"}}', "名称是{}。", "a: {}, b: 1"):
            text = mini_tokenizer.encode(around.format(value))
            assert any(text[i : i + len(ids)] == ids for i in range(len(text))), (value, around)


def test_common_characters_have_pieces(mini_tokenizer: Tokenizer) -> None:
    common = (
        "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生查询预订天气城市日期价格编号"
    )
    for character in [*common, *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~，。、；：？！“”‘’（）《》"]:
        assert len(mini_tokenizer.encode(f"a{character}")) == 3, character


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_text_survives(mini_tokenizer: Tokenizer, text: str) -> None:
    assert mini_tokenizer.decode(mini_tokenizer.encode(text)) == text.replace("▁", " ")
