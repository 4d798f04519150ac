import fc from "fast-check";

/** A text as it stands in YAML: what is written, and the text that a person means by it. */
export interface WrittenText {
  written: string;
  meant: string;
  /** Whether quotes, a block or a letter that no number has say that it is text. */
  isText: boolean;
}

const letters = fc.constantFrom(..."abkzABZ0123456789éß日本😀 .,:;#-_+=/@%&*!?<>()[]{}'\"\\|~`^$".split(/(?:)/u));
const line = fc.array(letters, { minLength: 1, maxLength: 24 }).map((all) => all.join(""));
const digits = fc.stringMatching(/^\d{1,24}$/);
const number = fc.oneof(
  digits,
  fc.stringMatching(/^[-+]?\d{1,6}\.\d{0,6}$/),
  fc.stringMatching(/^[-+]?\.?\d{1,5}[eE][-+]?\d{1,4}$/),
  fc.stringMatching(/^0[0-7]{1,9}$/),
  fc.stringMatching(/^[-+]?0[xXbBoO][0-9a-fA-F_]{1,17}$/),
  fc.stringMatching(/^[-+]?\d[\d_]{0,12}\d$/),
  fc.stringMatching(/^(19|20)\d\d-[01]?\d-[0-3]?\d$/),
  fc.stringMatching(/^20\d\d-[01]\d-[0-3]\d[Tt ][012]?\d:[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[-+][01]\d:[0-5]\d)?$/),
  fc.stringMatching(/^\d{1,2}:\d{2}(:\d{2})?$/),
  fc.stringMatching(/^\d{1,3}(\.\d{1,4}){2,3}$/),
  fc.constantFrom("true", "True", "TRUE", "false", "False", "FALSE", "yes", "No", "on", "OFF", "y", "N"),
  fc.stringMatching(/^[0-9a-f]{7,12}$/),
);
/** A word that no reader takes for anything else: it has a letter that is in no number, time or truth value. */
const word = fc.stringMatching(/^[a-z][\w./@%+=-]{0,12}[g-km-qv-z][\w./@%+=-]{0,6}$/);

const plain = fc.oneof(
  { weight: 5, arbitrary: number.map((text) => ({ written: text, meant: text, isText: false })) },
  { weight: 2, arbitrary: word.map((text) => ({ written: text, meant: text, isText: true })) },
);
const quoted = fc
  .oneof(number, line, word)
  .chain((text) =>
    fc.constantFrom(
      { written: `'${text.replaceAll("'", "''")}'`, meant: text, isText: true },
      { written: JSON.stringify(text), meant: text, isText: true },
      { written: `!!str '${text.replaceAll("'", "''")}'`, meant: text, isText: true },
    ),
  );
const lines = fc.array(
  fc.tuple(word, fc.constantFrom("", " ", "\t"), line).map((parts) => parts.join("")),
  { minLength: 1, maxLength: 4 },
);
/** Blocks are indented by eight. */
const block = lines.chain((all) => {
  const body = all.map((one) => `        ${one}\n`).join("");
  const text = all.join("\n");
  return fc.constantFrom(
    { written: `|-\n${body}`.trimEnd(), meant: text.trimEnd(), isText: true },
    { written: `|\n${body.replace(/\s*\n$/, "")}`, meant: `${text.trimEnd()}\n`, isText: true },
    { written: JSON.stringify(`${text}\n`), meant: `${text}\n`, isText: true },
  );
});

/** A text in any of YAML's notations. */
export const writtenText: fc.Arbitrary<WrittenText> = fc.oneof(
  { weight: 5, arbitrary: plain },
  { weight: 3, arbitrary: quoted },
  { weight: 1, arbitrary: block },
);
