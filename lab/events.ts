/** The parts of the engine's event log that are read here. */
export interface EngineEvent {
  summaryEvent?: { resourceChanges?: Record<string, number> };
  resourcePreEvent?: { metadata: StepMetadata };
  resOutputsEvent?: { metadata: StepMetadata };
  resOpFailedEvent?: { metadata: StepMetadata };
  diagnosticEvent?: { message: string; severity: string; urn?: string; ephemeral?: boolean };
}

interface StepMetadata {
  op: string;
  urn: string;
  type: string;
  detailedDiff?: Record<string, { diffKind: string }> | null;
}

/** One resource that was or would be changed. */
export interface Step {
  op: string;
  urn: string;
  type: string;
  /** Name of the resource, the last part of its URN. */
  name: string;
  /** Paths of the properties that differ. */
  paths: string[];
}

/** What an operation of the engine came to. */
export interface Operation {
  /** How many resources by kind of step: `{create: 3, same: 2}`. */
  changes: Record<string, number>;
  /** Every resource that is not the same. */
  steps: Step[];
  /** Errors, as plain text. */
  errors: string[];
}

/** Reads an operation out of the engine's events. */
export function readOperation(events: readonly EngineEvent[]): Operation {
  const steps = new Map<string, Step>();
  const errors: string[] = [];
  let changes: Record<string, number> = {};
  for (const event of events) {
    changes = event.summaryEvent?.resourceChanges ?? changes;
    const metadata = (event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (metadata && !["same", "read", "read-discard"].includes(metadata.op)) {
      const { op, urn, type } = metadata;
      const paths = Object.keys(metadata.detailedDiff ?? {}).sort();
      steps.set(`${op} ${urn}`, { op, urn, type, name: urn.split("::").at(-1) ?? "", paths });
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error" && !diagnostic.ephemeral) errors.push(diagnostic.message);
  }
  return { changes, steps: [...steps.values()], errors };
}
