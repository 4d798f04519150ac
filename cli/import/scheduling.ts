import { isTree } from "../../config/tree.ts";
import { gpuLabel } from "./gpu.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

/** A pod's `nodeSelector`. */
export function nodeSelector(model: Model, place: Place) {
  if (place.empty) return model.book.noop(place);
  const all = Object.fromEntries(place.children.map((label) => [label.key, label.text ?? ""]));
  for (const label of place.children) selectNode(model, label, label.key, [label.text ?? ""], all);
}

/** `nodeSelectorTerms` of a node affinity: one term whose expressions each name one value is a node selector. */
export function nodeTerms(model: Model, place: Place) {
  if (place.empty) return model.book.noop(place);
  const [term, ...others] = place.children;
  if (others.length > 0 || !term)
    return model.book.drop(place, "is a choice between terms; a node selector here has one value a label");
  model.book.drop(term.at("matchFields"), "selects nodes by their fields; here by their labels");
  const expressions = term.at("matchExpressions").children;
  if (term.empty) model.book.noop(term);
  if (expressions.length === 0) model.book.noop(term.at("matchExpressions"));
  const all = Object.fromEntries(expressions.map((one) => [one.at("key").text ?? "", one.at("values", 0).text ?? ""]));
  for (const expression of expressions) {
    const values = expression.at("values").children.map((value) => value.text ?? "");
    const key = expression.at("key").text ?? "";
    if (expression.at("operator").text === "In") selectNode(model, expression, key, values, all);
    else
      model.book.drop(
        expression,
        `asks for more than that a label has a value (${expression.at("operator").text}); a node selector here has one value a label`,
      );
  }
}

function selectNode(
  model: Model,
  place: Place,
  key: string,
  values: readonly string[],
  all: Readonly<Record<string, string>>,
) {
  if (gpuLabel(model, place, key, values, all)) return;
  const [value, ...others] = values;
  if (others.length === 0 && value !== undefined) model.set(place, ["scheduling", "nodeSelector", key], value);
  else model.book.drop(place, `allows ${values.length} values of ${key}; a node selector here has one value a label`);
}

/** A pod's affinity: the part that a node selector can say. */
export function affinity(model: Model, place: Place) {
  if (place.empty) return model.book.noop(place);
  const node = place.at("nodeAffinity");
  nodeTerms(model, node.at("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"));
  model.book.drop(
    node.at("preferredDuringSchedulingIgnoredDuringExecution"),
    "is a wish; a node selector here is a must",
  );
  model.book.drop(
    place.at("podAntiAffinity"),
    "is not needed: a model's pods are spread over zones and nodes by the program",
  );
  model.book.drop(place.at("podAffinity"), "places pods beside others; here they are spread over zones and nodes");
}

/** Tolerations of lists that count together. */
export function tolerations(model: Model, ...lists: readonly Place[]) {
  for (const list of lists) {
    if (list.empty) model.book.noop(list);
    for (const place of list.empty ? [] : list.children) {
      const toleration = tolerationOf(model, place);
      if (toleration) model.append(place, "scheduling.tolerations", toleration);
    }
  }
}

function tolerationOf(model: Model, place: Place): Record<string, unknown> | undefined {
  const { key, operator, value, effect } = isTree(place.value) ? place.value : {};
  if (key === "nvidia.com/gpu") {
    model.book.list(place, "is not needed: every GPU pod tolerates nvidia.com/gpu");
    return undefined;
  }
  const { number: seconds } = place.at("tolerationSeconds");
  // Without an operator it is Equal, and without a value that is an empty one.
  const equal = operator !== "Exists" && key ? (value ?? "") : undefined;
  const filled = Object.entries({ key, operator, value: equal ?? value, effect }).filter(
    ([name, part]) => part !== undefined && (part !== "" || (name === "value" && equal !== undefined)),
  );
  return {
    ...Object.fromEntries(filled.map(([name, part]) => [name, String(part)])),
    ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
  };
}
