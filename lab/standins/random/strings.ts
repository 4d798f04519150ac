import { randomInt } from "node:crypto";

/** Which characters a random string has, and how many of a kind at least. */
export interface CharacterRules {
  length: number;
  lower: boolean;
  upper: boolean;
  numeric: boolean;
  special: boolean;
  overrideSpecial: string | undefined;
  minLower: number;
  minUpper: number;
  minNumeric: number;
  minSpecial: number;
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const digits = "0123456789";
const special = "!@#$%&*()-_=+[]{}<>:?";

/** What is wrong with the rules, or nothing. */
export function ruleProblem(rules: CharacterRules): string | undefined {
  const least = rules.minLower + rules.minUpper + rules.minNumeric + rules.minSpecial;
  if (!Number.isInteger(rules.length) || rules.length < 1) return `length must be a whole number of at least 1`;
  if (least > rules.length) return `length is ${rules.length}, but minLower to minSpecial ask for ${least} characters`;
  if (pool(rules) === "") return "no kind of character is allowed";
  return undefined;
}

/** A string from the system's cryptographic source, every allowed character equally likely. */
export function randomString(rules: CharacterRules): string {
  const characters = [
    ...pick(lower, rules.minLower),
    ...pick(upper, rules.minUpper),
    ...pick(digits, rules.minNumeric),
    ...pick(rules.overrideSpecial ?? special, rules.minSpecial),
  ];
  characters.push(...pick(pool(rules), rules.length - characters.length));
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j] as string, characters[i] as string];
  }
  return characters.join("");
}

function pool(rules: CharacterRules): string {
  return [
    rules.lower ? lower : "",
    rules.upper ? upper : "",
    rules.numeric ? digits : "",
    rules.special ? (rules.overrideSpecial ?? special) : "",
  ].join("");
}

function pick(from: string, count: number): string[] {
  return Array.from({ length: count }, () => from.charAt(randomInt(from.length)));
}
