import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";

/** What the engine does with one resource. */
export interface Step {
  kind: "started" | "finished" | "failed";
  urn: string;
  /** The resource's type token. */
  type: string;
  /** The resource's name, the last part of its URN. */
  name: string;
  /** `create`, `update`, `delete`, `create-replacement`, `replace`, `delete-replaced`, `same`, `refresh`, `read` … */
  operation: string;
  /** It is what would be done: in a preview, also in the one that an `up` makes first. */
  planned: boolean;
  /** From its start to its end, to about 0.1 s; absent in what has only started. */
  seconds?: number;
  /** Paths of the properties that differ, sorted. */
  paths: string[];
  /** As the engine tells it: the resource before and after, secrets as `[secret]`. */
  metadata: StepEventMetadata;
}

/** What the engine, a plugin or the program says, without colours. */
export interface Diagnostic {
  kind: "diagnostic";
  severity: "info" | "info#err" | "warning" | "error";
  message: string;
  /** The resource that it is about. */
  urn?: string;
}

/** What a policy pack objects to. */
export interface Violation {
  kind: "policy";
  pack: string;
  policy: string;
  /** `mandatory`, which fails the operation, `advisory` … */
  enforcement: string;
  message: string;
  urn?: string;
}

/** The end of an operation, and of the preview before it. */
export interface Summary {
  kind: "summary";
  /** How many resources by operation: `{create: 3, same: 2}`. */
  changes: Readonly<Record<string, number>>;
  seconds: number;
}

export type Happening = Step | Diagnostic | Violation | Summary;

/** Messages that say only that there were errors, which have been told, or an abort. */
const echoes = /^((update|preview|refresh|destroy) (failed|canceled)|resource monitor shut down)$/;

/** What an operation has come to, event by event. Where an `up` begins with a preview, the preview is forgotten after it. */
export class Events {
  #steps = new Map<string, Step>();
  #starts = new Map<string, number>();
  /** What the engine, plugins and the program have said. */
  diagnostics: Diagnostic[] = [];
  /** What policies object to. */
  violations: Violation[] = [];
  /** How many resources by operation; empty where the engine did not come to an end. */
  changes: Readonly<Record<string, number>> = {};
  /** Whether the engine has begun: from here on it holds the lock of the stack, if it takes one. */
  begun = false;

  /** What became of each resource, in the order in which they were begun; `started` is one of which no end is known. */
  get steps(): Step[] {
    return [...this.#steps.values()];
  }

  /** Takes an event in. Returns what it tells, undefined where it is of no interest or of a kind that is not known here. */
  take(event: EngineEvent, milliseconds: number): Happening | undefined {
    if (event.preludeEvent) this.#begin();
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent, summaryEvent } = event;
    if (resourcePreEvent) return this.#step("started", resourcePreEvent, milliseconds);
    if (resOutputsEvent) return this.#step("finished", resOutputsEvent, milliseconds);
    if (resOpFailedEvent) return this.#step("failed", resOpFailedEvent, milliseconds);
    if (diagnosticEvent) return this.#diagnostic(diagnosticEvent);
    if (policyEvent) {
      const {
        message,
        policyName: policy,
        policyPackName: pack,
        enforcementLevel: enforcement,
        resourceUrn,
      } = policyEvent;
      const about = resourceUrn ? { urn: resourceUrn } : {};
      const violation: Violation = {
        kind: "policy",
        pack,
        policy,
        enforcement,
        message: plain(message).trim(),
        ...about,
      };
      this.violations.push(violation);
      return violation;
    }
    if (summaryEvent) {
      this.changes = summaryEvent.resourceChanges ?? {};
      return { kind: "summary", changes: this.changes, seconds: summaryEvent.durationSeconds };
    }
    return undefined;
  }

  #begin(): void {
    this.#steps.clear();
    this.#starts.clear();
    this.diagnostics = [];
    this.violations = [];
    this.changes = {};
    this.begun = true;
  }

  #step(kind: Step["kind"], told: { metadata: StepEventMetadata; planning?: boolean }, milliseconds: number): Step {
    const { metadata, planning = false } = told;
    const { op: operation, urn, type } = metadata;
    const key = `${operation} ${urn}`;
    const start = this.#starts.get(key);
    if (kind === "started") this.#starts.set(key, milliseconds);
    const seconds = start === undefined ? 0 : Math.round((milliseconds - start) / 100) / 10;
    const step: Step = {
      kind,
      urn,
      type,
      name: nameOf(urn),
      operation,
      planned: planning,
      ...(kind === "started" ? {} : { seconds }),
      paths: Object.keys(metadata.detailedDiff ?? {}).sort(),
      metadata,
    };
    this.#steps.set(key, step);
    return step;
  }

  #diagnostic(told: NonNullable<EngineEvent["diagnosticEvent"]>): Diagnostic | undefined {
    const { severity, urn, ephemeral } = told;
    const message = plain(told.message).trim();
    const isKnown = ["info", "info#err", "warning", "error"].includes(severity);
    if (!isKnown || ephemeral || message === "" || echoes.test(message)) return undefined;
    const diagnostic: Diagnostic = { kind: "diagnostic", severity, message, ...(urn ? { urn } : {}) };
    this.diagnostics.push(diagnostic);
    return diagnostic;
  }
}

/** `urn:pulumi:stack::project::type::name`: a name may hold anything, colons too. */
const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

/** A text without the engine's colours and a terminal's. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal begin with one
const plain = (text: string): string => text.replace(/<\{%.*?%\}>|\x1b\[[\d;]*m/g, "");
