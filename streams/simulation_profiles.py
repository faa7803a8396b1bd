"""What kinds of tenants there are: each profile draws one session, a few requests that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from streams import simulation_words as words

Record = dict[str, object]
Session = list[tuple[int, Record]]
"""Requests with their delay from the beginning of the session in milliseconds."""


class Profile(Protocol):
    """Draws what one tenant asks in one session; all chance comes from `random`."""

    def __call__(self, random: Random, serial: int) -> Session:
        """Draw the session number `serial`, at least one request."""
        ...


@dataclass(frozen=True, slots=True)
class SupportBot:
    """A help desk: few questions, asked again and again, the popular ones by Zipf's law."""

    questions: Sequence[str]
    parts: Sequence[str]
    instruction: str

    def __call__(self, random: Random, serial: int) -> Session:
        """One to three short turns of one customer."""
        topic = _zipf(random, self.parts)
        session: Session = []
        for turn in range(random.choices((1, 2, 3), (6, 3, 1))[0]):
            question = _zipf(random, self.questions).format(part=topic, city=random.choice(words.CITIES))
            record = _record(random, f"{self.instruction}\n\nCustomer: {question}", answer=(40, 180))
            session.append((turn * 40_000, record | {"conversation_id": f"c{serial}", "turn": turn}))
        return session


def handbook_search(random: Random, serial: int) -> Session:
    """Retrieval over a staff handbook: passages, then a question about them."""
    del serial
    passages = random.sample(words.HANDBOOK, 3)
    context = "\n".join(_fill(random, passage) for passage in passages)
    question = _zipf(random, words.HANDBOOK_QUESTIONS)
    prompt = f"Answer from the context only.\n\nContext:\n{context}\n\nQuestion: {question}"
    return [(0, _record(random, prompt, answer=(30, 120), context=600))]


def coding_agent(random: Random, serial: int) -> Session:
    """A task, then tool results in a conversation that grows and is cached."""
    file, function = random.choice(words.FILES), random.choice(words.FUNCTIONS)
    context = 1_500
    session: Session = []
    for turn in range(random.randint(4, 14)):
        templates = words.TOOL_RESULTS if turn else words.CODE_TASKS
        prompt = _fill(random, random.choice(templates), file=file, function=function)
        record = _record(random, prompt, answer=(80, 500), context=context)
        record |= {"conversation_id": f"task-{serial}", "turn": turn, "cached_tokens": context if turn else 0}
        session.append((turn * random.randint(6_000, 20_000), record))
        context += random.randint(200, 900)
    return session


def review_batch(random: Random, serial: int) -> Session:
    """A batch run: dozens of reviews a minute to be labelled, with short answers."""
    del serial
    session: Session = []
    for index in range(random.randint(30, 50)):
        opening, opinion = random.choice(words.REVIEW_OPENINGS), random.choice(words.REVIEW_OPINIONS)
        text = f"{opening} {_fill(random, opinion)}."
        prompt = (
            f"Label the sentiment of this product review as positive, neutral or negative.\n\nReview: {text}"
        )
        session.append((index * 2_000, _record(random, prompt, answer=(1, 3), temperature=0.0)))
    return session


def consumer_chat(random: Random, serial: int) -> Session:
    """People who ask whatever comes to mind, and then once or twice more."""
    session: Session = []
    for turn in range(random.randint(1, 4)):
        prompt = _fill(random, random.choice(words.CHAT_OPENINGS), topic=random.choice(words.CHAT_TOPICS))
        record = _record(random, prompt, answer=(60, 400), context=turn * 300, temperature=0.8)
        session.append((turn * 60_000, record | {"conversation_id": f"chat-{serial}", "turn": turn}))
    return session


def meeting_notes(random: Random, serial: int) -> Session:
    """Summaries of notes that somebody pasted."""
    del serial
    notes = "; ".join(_fill(random, random.choice(words.NOTES)) for _ in range(random.randint(2, 5)))
    return [
        (
            0,
            _record(
                random, f"Summarise these meeting notes in three bullet points:\n{notes}", answer=(50, 110)
            ),
        )
    ]


def extraction(random: Random, serial: int) -> Session:
    """One template, a slot that is new every time, answers as long as allowed: a training set."""
    verb, field = random.choice(words.STUDY_VERBS), random.choice(words.STUDY_FIELDS)
    thing, other = random.sample(words.STUDY_THINGS, 2)
    question = (
        f"{verb} how {thing} relates to {other} {random.choice(words.STUDY_ANGLES)}, case {serial + 101}"
    )
    prompt = (
        f"You are a world-class expert in {field}. Think step by step, show the complete reasoning, "
        f"then give the final answer in full detail.\n\nProblem: {question}."
    )
    record = _record(random, prompt, answer=(1_400, 2_600), temperature=1.0)
    return [(0, record)]


def _record(
    random: Random, prompt: str, *, answer: tuple[int, int], context: int = 0, temperature: float = 0.2
) -> Record:
    """Fill in the fields that follow from a prompt and the expected length of its answer in tokens."""
    limit = 2_048
    length = random.randint(*answer)
    return {
        "operation": "chat",
        "model": "atlas-large",
        "prompt": prompt,
        "input_tokens": context + len(prompt) // 4 + 12,
        "output_tokens": min(length, limit),
        "max_tokens": limit,
        "temperature": temperature,
        "finish_reason": "stop" if length < limit else "length",
        "status": 200,
    }


def _fill(random: Random, template: str, **given: str) -> str:
    """Fill whatever slots a template has."""
    slots = {
        "n": random.randint(2, 40),
        "m": random.randint(1, 9),
        "part": random.choice(words.SHOP_PARTS),
        "city": random.choice(words.CITIES),
        "food": random.choice(words.FOOD),
        "food2": random.choice(words.FOOD),
        "person": random.choice(words.PEOPLE),
        "pet": random.choice(words.PETS),
    }
    return template.format(**(slots | given))


def _zipf(random: Random, items: Sequence[str]) -> str:
    return random.choices(items, [1 / rank for rank in range(1, len(items) + 1)])[0]
