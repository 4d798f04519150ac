"""What the fields of one group ask of one another: found for cli/dumpGroups.py by giving values to the class."""

import itertools
import json
import re

JUNK = "no_such_word"
ABSENT = -1


def base(field):
    return field["type"].removeprefix("optional ")


class Rules:
    """The rules of one class. What it finds of one field alone, it writes into `fields`."""

    def __init__(self, fields, words, errors):
        self.fields, self.words, self.errors = fields, words, errors
        self.known = {}

    def taken(self, name, values):
        """The values that a field takes, whatever else they would want beside them."""
        return [value for value in values if all(path == () for path, _, _ in self.errors({name: value}))]

    def samples(self, field):
        """Values of a type, so that a rule on it can be seen: every choice, both sides of bounds, empty and not."""
        kind = base(field)
        none = [None] if kind != field["type"] else []
        if kind == "choice":
            return [*none, *field["choices"]]
        if kind in ("int", "float"):
            least = field.get("min", field.get("above", -1))
            return [*none, *(value for value in range(-1, 4) if value > least or value == field.get("min", -1))]
        if kind in ("list", "map"):
            inner = [value for value in self.samples(field.get("of", {"type": "str"})) if value is not None]
            if kind == "list":
                return [*none, [], *([value] for value in inner), *([value, value] for value in inner[:1])]
            return [*none, {}, *({key: value} for key in field.get("keys", [JUNK])[:1] for value in inner)]
        if kind == "one":
            return [*none, *(value for inner in field["kinds"] for value in self.samples(inner))]
        words = [word for word in self.words if isinstance(word, str) and word not in self.fields]
        words = [word for word in words if word and not re.search(r"\s", word)]
        words += [f"{word}{JUNK}" for word in words if len(word) < 4]
        of_kind = {"bool": [True, False], "str": ["", JUNK, *words], "group": [{}], "any": [1]}
        return [*none, *of_kind[kind]]

    def completes(self, given, without=(), depth=3):
        """Whether a group is taken, by itself or with other fields beside it, which errors mostly name."""
        errors = self.errors(given)
        if not errors or not depth:
            return not errors
        key = json.dumps([given, without, depth], sort_keys=True)
        if key not in self.known:
            said = " ".join(words for _, _, words in errors)
            others = [name for name in self.values if name not in given and name not in without]
            named = [name for name in others if re.search(rf"\b{name}", said)]
            self.known[key] = any(
                self.completes({**given, name: value}, without, depth - 1 if named else 0)
                for name in named or others
                for value in self.values[name]
            )
        return self.known[key]

    def found(self):
        """What fields ask of one another: `where` one is so, another `must` be so, and be `given` at all."""
        tried = {name: self.taken(name, self.samples(field)) for name, field in self.fields.items()}
        self.values = {name: tried[name] for name in self.entangled(tried)}
        for name, values in list(self.values.items()):
            good = [value for value in values if self.completes({name: value})]
            if len(good) < len(values):
                self.fields[name] = narrowed(self.fields[name], good, [value for value in values if value not in good])
            self.values[name] = good
        clashes = self.clashes()
        told = self.told(clashes)
        order = list(self.values)
        rules = []
        for one, other in itertools.permutations(order, 2):
            found = {}
            for at in range(len(self.values[one])):
                given = (one, at, other, ABSENT) in told
                others = [also for name, here, its, also in told if (name, here, its) == (one, at, other)]
                alone = any((other, also, one, ABSENT) not in told for also in others)
                if given or (others and alone and order.index(one) < order.index(other)):
                    taken = [also for also in range(len(self.values[other])) if (one, at, other, also) not in clashes]
                    found.setdefault((given, *taken), []).append(at)
            rules += [rule for (given, *taken), when in found.items() for rule in self.rule(one, when, other, taken, given)]
        return rules

    def entangled(self, tried):
        """The fields of which a value is refused by itself, or beside another's."""
        found = set()
        alone = {(name, at): self.errors({name: value}) for name in tried for at, value in enumerate(tried[name])}
        for one, other in itertools.combinations(tried, 2):
            for (at, value), (also, beside) in itertools.product(enumerate(tried[one]), enumerate(tried[other])):
                both, expected = self.errors({one: value, other: beside}), [alone[one, at], alone[other, also]]
                if both not in expected or (not both and any(expected)):
                    found |= {one, other}
        return [name for name in tried if name in found or any(alone[name, at] for at in range(len(tried[name])))]

    def clashes(self):
        """Pairs of values, by their places, that nothing beside them makes right; ABSENT is a field that is not there."""
        found = set()
        for one, other in itertools.permutations(self.values, 2):
            for at, value in enumerate(self.values[one]):
                if not self.completes({one: value}, (other,)):
                    found.add((one, at, other, ABSENT))
                for also, beside in enumerate(self.values[other]):
                    if not self.completes({one: value, other: beside}):
                        found.add((one, at, other, also))
        return found

    def told(self, clashes):
        """The clashes without those that follow from others over a third field, which errors do not name."""

        def follows(one, at, other, also):
            for via in set(self.values) - {one, other}:
                taken = [here for here in range(len(self.values[via])) if (one, at, via, here) not in clashes]
                if (one, at, via, ABSENT) in left and all((via, here, other, also) in left for here in taken):
                    return True
            return False

        def direct(clash):
            one, at, other, also = clash
            beside = {} if also == ABSENT else {other: self.values[other][also]}
            errors = self.errors({one: self.values[one][at], **beside})
            return (all(name in str(errors) for name in (one, other)), clash)

        left = set(clashes)
        for one, at, other, also in sorted(clashes, key=direct):
            if follows(one, at, other, also) or (also != ABSENT and follows(other, also, one, at)):
                left -= {(one, at, other, also), (other, also, one, at)}
        return left

    def rule(self, one, when, other, taken, given):
        conditions = []
        for name, places in ((one, when), (other, taken)):
            values = self.values[name]
            conditions.append(condition(self.fields[name], values, [values[at] for at in places]))
            if conditions[-1] is None:
                self.fields[name]["partly"] = True
        if None in conditions:
            return []
        return [{"where": {one: conditions[0]}, "must": {other: conditions[1]}, **({"given": True} if given else {})}]


def condition(field, values, taken):
    """Which values these are among those that were tried; None where that cannot be said."""
    kind = base(field)
    left = [value for value in values if value not in taken]
    if kind in ("choice", "bool") or not any(taken):
        return {"in": taken}
    if kind in ("int", "float"):
        least = min(value for value in taken if value is not None)
        if None not in left and all(value < least for value in left):
            return {"min": least}
        return {"not": left} if len(left) == 1 else None
    if kind == "str" and JUNK in left:
        return None if any(JUNK in value for value in taken if value) else {"in": taken}
    return None if JUNK in json.dumps(left) else {"not": left}


def narrowed(field, good, bad):
    """A type without the values that no other field makes right."""
    kind = base(field)
    if kind == "choice":
        return {**field, "choices": [choice for choice in field["choices"] if choice in good]}
    if kind in ("int", "float"):
        least = min(value for value in good if value is not None)
        if all(value < least for value in bad):
            return {**field, "min": least}
        if len(bad) == 1:
            return {**field, "not": bad}
    if kind == "list" and good and base(field["of"]) in ("int", "float"):
        items = [[value[0] for value in values if value and len(value) == 1] for values in (good, bad)]
        return {**field, "of": narrowed(field["of"], *items)}
    if kind == "list" and all(len(value) > 1 for value in bad):
        return {**field, "distinct": True}
    return {**field, "partly": True}
