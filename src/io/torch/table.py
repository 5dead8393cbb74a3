"""Tables for a wgflow model in PyTorch: numbers, integers, labels, dates, blanks, and the columns of a context.

    import csv
    from flow import Flow
    from table import Table

    table = Table(Flow.load("model.safetensors"))
    rows = list(csv.DictReader(open("rows.csv")))
    log_prob = table.log_prob(rows)      # [N], the numbers of `wgflow logprob`
    drawn = table.sample(1000, seed=0)   # the rows of `wgflow sample`, a dict each

    loss = -table.log_prob(rows, draws=1, seed=step).mean()  # one point of each cell, as in a step of wgflow's training

A row has a value for each column by its name: a number, or text as in a CSV file. None, NaN, "" and "NA" are blanks.
A label, an integer or a blank is an interval of a feature of the flow, so the log-density of its row is a log-mass.
"""

import json
import math
import re
import unicodedata
from bisect import bisect_right
from datetime import date, datetime, timedelta

import torch

from flow import CELL_STREAM, normals, philox, uniforms

BLANKS = {"", "na", "n/a", "n.a.", "nan", "null", "none", "nil", "missing", "?", "-", "--", "#n/a", "<na>"}


def text_of(value):
    """A cell as text, "" if it is a blank."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFC", str("" if value is None else value).strip())
    return "" if text.lower() in BLANKS else text


# How a column writes its numbers: parse(text) -> number, format(number) -> number or text.


def calendar(template, unify=lambda text: text, pad=True):
    """Days since 1970-01-01 of a date."""

    def parse(text):
        return datetime.strptime(unify(text), template).toordinal() - date(1970, 1, 1).toordinal()

    def write(day):
        last = date.max.toordinal()
        text = date.fromordinal(min(max(math.floor(day) + date(1970, 1, 1).toordinal(), 1), last)).strftime(template)
        return text if pad else re.sub(r"\b0+(?=\d)", "", text)

    return parse, write


def second_of(text):
    return (datetime.fromisoformat(text.rstrip("Z")) - datetime(1970, 1, 1)).total_seconds()


def date_time(second):
    first, last = second_of("0001-01-01 00:00"), second_of("9999-12-31 23:59:59")
    return (datetime(1970, 1, 1) + timedelta(seconds=min(max(math.floor(second), first), last))).isoformat() + "Z"


def second_of_day(text):
    hours, minutes, seconds = ([int(part) for part in text.split(":")] + [0])[:3]
    return hours * 3600 + minutes * 60 + seconds


def time_of_day(second):
    return str(timedelta(seconds=min(max(math.floor(second), 0), 86_399))).zfill(8)


def slashes(text):
    return re.sub(r"[.-]", "/", text)


def short_month(text):
    return re.sub(r"([A-Z][a-z]{2})[a-z]*", r"\1", re.sub(r"[.,]", "", text).replace("-", " "))


FORMS = {
    "decimal": (float, lambda number: number),
    "percent": (lambda text: float(text.removesuffix("%")) if text.endswith("%") else math.nan, lambda number: f"{number}%"),
    "date": calendar("%Y-%m-%d"),
    "date_time": (second_of, date_time),
    "day_first": calendar("%d/%m/%Y", slashes),
    "month_first": calendar("%m/%d/%Y", slashes),
    "named_month": calendar("%b %d %Y", short_month, pad=False),
    "named_month_second": calendar("%d %b %Y", short_month, pad=False),
    "time": (second_of_day, time_of_day),
}


def number_of(text, form="decimal"):
    """The number of a cell, NaN if it has none."""
    try:
        number = FORMS[form][0](text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


# A cell is (value, width): the value itself if the width is 0, a uniform variable on [value, value + width) if it is
# above 0, a normal variable with the standard deviation -width if it is below 0.

EDGE = 2.0**-20


def cells_of(weights):
    """The unit interval in parts with these weights."""
    cells, before, total = [], 0, sum(weights)
    for weight in weights:
        cells.append((EDGE + before / total * (1 - 2 * EDGE), weight / total * (1 - 2 * EDGE)))
        before += weight
    return cells


def cell_at(cells, point):
    """The index of the cell with the point."""
    return max(bisect_right([value for value, _ in cells], point) - 1, 0)


# Columns: encode(text) -> a cell for each of the `features`, or None; decode(points, number) -> a value of the table,
# where number(name) is that of another column in the row.


class Plain:
    """A number, of a model without other columns."""

    features, expected = 1, "a number"

    def __init__(self, column):
        self.column = column

    def encode(self, text):
        number = number_of(text)
        return None if math.isnan(number) else [(number, 0)]

    def decode(self, points, number):
        return points[0]


class Number:
    """Numbers, dates or times. With `atoms`, values that repeat and blanks, a feature before says which of them it is."""

    def __init__(self, column):
        self.form, self.step, self.domain, self.min = (column[key] for key in ("form", "step", "domain", "min"))
        atoms = column.get("atoms", {"texts": [], "counts": []})
        self.features = 2 if "atoms" in column else 1
        self.atoms = [(text, number_of(text, self.form)) for text in atoms["texts"]]
        self.parts = cells_of([max(column["numbers"], 1), *atoms["counts"]])
        # Noise in place of the number of an atom.
        mean, spread = column["mean"], column["std"] or 1
        if self.domain == "real":
            self.filler = (mean, -spread)
        else:
            half = min(mean, 1 - mean) / 2 if self.domain == "unit" else mean / 2
            self.filler = (mean - min(half, spread), 2 * min(half, spread))
        self.expected = f"a number ({self.form}, {self.domain}{', whole' if self.step else ''}), or {atoms['texts']}"

    def encode(self, text):
        number = number_of(text, self.form)
        for place, (atom, value) in enumerate(self.atoms):
            if atom == text or value == number:
                return [self.parts[place + 1], self.filler]
        is_inside = {"real": True, "positive": number > 0, "unit": 0 < number < 1}[self.domain]
        if self.step:
            is_inside = number == number // 1 and (number >= 0 or self.domain == "real")
        if math.isnan(number) or not is_inside:
            return None
        return [(number, self.step)] if self.features == 1 else [self.parts[0], (number, self.step)]

    def decode(self, points, number):
        which = cell_at(self.parts, points[0]) if self.features == 2 else 0
        if which > 0:
            text, value = self.atoms[which - 1]
            is_number = self.form == "decimal" and not math.isnan(value)
            return (value if is_number else text) if text else None
        value = math.floor(points[-1]) if self.step else points[-1]
        is_number = self.form in ("decimal", "percent")
        return FORMS[self.form][1](max(value, 0) if self.step and is_number and self.min >= 0 else value)


class Count:
    """Whole numbers of a short range. Those beyond it share the weight of a row: the j-th has 1/j - 1/(j + 1) of it."""

    features, expected = 1, "a whole number of the range or near it"

    def __init__(self, column):
        self.min, self.blanks = column["min"], column["blanks"]
        self.max = self.min + len(column["counts"]) - 1
        self.below = 1 - 1 / (self.min + 1) if self.min > 0 else float(self.min < 0)
        self.cells = cells_of([self.blanks, self.below, *(max(count, 0.5) for count in column["counts"]), 1])

    def encode(self, text):
        if text == "":
            return [self.cells[0]] if self.blanks > 0 else None
        number = number_of(text)
        if math.isnan(number) or number != number // 1 or (self.min >= 0 and number < 0):
            return None
        if self.min <= number <= self.max:
            return [self.cells[2 + int(number) - self.min]]
        is_above = number > self.max
        (start, width), share = (self.cells[-1], 1) if is_above else (self.cells[1], self.below)
        place = number - self.max if is_above else self.min - number
        near, far = 1 / place / share, 1 / (place + 1) / share
        rest = (1 - share) / share
        first, last = (1 - near, 1 - far) if is_above else (far - rest, near - rest)
        return [(start + first * width, (last - first) * width)]

    def decode(self, points, number):
        place = cell_at(self.cells, points[0])
        if place == 0 and self.blanks > 0:
            return None
        return self.min + min(max(place, 2), len(self.cells) - 2) - 2


class Category:
    """Labels; the last cell is for those that no training row has."""

    features, expected = 1, "a label"

    def __init__(self, column):
        self.levels, self.cells = column["levels"], cells_of([*column["counts"], 1])

    def encode(self, text):
        return [self.cells[self.levels.index(text) if text in self.levels else -1]]

    def decode(self, points, number):
        return self.levels[min(cell_at(self.cells, points[0]), len(self.levels) - 1)] or None


class Constant:
    """A column without a feature: samples get its value back."""

    features, expected = 0, "anything"

    def __init__(self, column):
        self.column = column

    def encode(self, text):
        return []

    def decode(self, points, number):
        text = self.column["text"]
        return (text if math.isnan(number_of(text)) else number_of(text)) if text else None


class Linear(Constant):
    """A column without a feature: a weighted sum of others."""

    def decode(self, points, number):
        terms = zip(self.column["weights"], self.column["of"])
        total = self.column["constant"] + sum(weight * number(name) for weight, name in terms)
        return round(total, self.column["decimals"])


COLUMNS = {
    "plain": Plain,
    "number": Number,
    "count": Count,
    "category": Category,
    "constant": Constant,
    "linear": Linear,
}


class Table:
    """The columns that a flow has learned."""

    def __init__(self, flow):
        training = json.loads(flow.metadata.get("wgflow_training", "{}"))
        names = training.get("columns") or [f"x{j + 1}" for j in range(flow.dim)]
        columns = training.get("table") or [{"type": "plain", "name": name} for name in names]
        self.flow, self.context = flow, training.get("context", [])
        self.columns = {column["name"]: COLUMNS[column["type"]](column) for column in columns}

    def encode(self, rows):
        """The cells of rows: values and widths, float64 [N, D] each."""
        cells = []
        for index, row in enumerate(rows):
            cells.append([])
            for name, column in self.columns.items():
                text = text_of(row.get(name))
                found = column.encode(text)
                if found is None:
                    raise ValueError(f"row {index + 1}, column {name}: found {text!r}, expected {column.expected}")
                cells[-1] += found
        values = torch.tensor(cells, dtype=torch.float64).reshape(len(rows), self.flow.dim, 2)
        return values[..., 0], values[..., 1].float().double()

    def encode_context(self, rows):
        """The context of rows, float32 [N, C]; None for a flow without one."""
        if not self.context:
            return None
        features = []
        for index, row in enumerate(rows):
            features.append([])
            for column in self.context:
                text = str(row.get(column["name"], ""))
                if "levels" in column:
                    found = [float(level == text) for level in column["levels"]]
                else:
                    found = [(number_of(text) - column["mean"]) / column["std"]]
                if math.isnan(sum(found)) or ("levels" in column and 1 not in found):
                    expected = column.get("levels", "a number")
                    raise ValueError(f"row {index + 1}, column {column['name']}: found {text!r}, expected {expected}")
                features[-1] += found
        return torch.tensor(features)

    def log_prob(self, rows, draws=16, seed=0, first_row=0):
        """The log-density or log-mass of each row in nats, [N]: the mean over `draws` points of its cells."""
        values, widths = self.encode(rows)
        context = self.encode_context(rows)
        if not widths.any():
            return self.flow.log_prob(values, context)
        values, widths = values.repeat_interleave(draws, 0), widths.repeat_interleave(draws, 0)
        blocks, points = torch.arange((self.flow.dim + 1) // 2), first_row * draws + torch.arange(len(values))
        words = philox(blocks, points[:, None], CELL_STREAM, seed).flatten(1).unflatten(1, (-1, 2))[:, : self.flow.dim]
        u, normal = uniforms(words[..., 0]), normals(words)[..., 0]
        drawn = values + torch.where(widths > 0, widths * u, -widths * normal)
        of_normal = 0.5 * normal**2 + 0.5 * math.log(2 * math.pi)
        size = torch.where(widths == 0, torch.ones_like(widths), widths.abs()).log()
        log_volume = (size + torch.where(widths < 0, of_normal, torch.zeros_like(normal))).sum(1)
        given = None if context is None else context.repeat_interleave(draws, 0)
        terms = self.flow.log_prob(drawn, given) + log_volume.to(self.flow.like)
        return terms.unflatten(0, (-1, draws)).logsumexp(1) - math.log(draws)

    def sample(self, n, given=None, seed=None, temperature=1.0):
        """n rows, a dict each. `given` is a row with the columns of the context."""
        if given is not None and not self.context:
            raise ValueError("given: found values, expected none, as the model has no context")
        context = None if given is None else self.encode_context([given])[0]
        features = self.flow.sample(n, context, seed, temperature).tolist()
        return [self.decode(row) for row in features]

    def decode(self, features):
        """A row of features [D] as a row of the table."""
        places, first = {}, 0
        for name, column in self.columns.items():
            places[name] = features[first : first + column.features]
            first += column.features

        def value(name):
            return self.columns[name].decode(places[name], lambda other: number_of(text_of(value(other))))

        return {name: value(name) for name in self.columns}
