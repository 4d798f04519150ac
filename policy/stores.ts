import { bucketsIn, isBucket } from "./buckets.ts";
import { notKnown } from "./known.ts";
import { found, judgedLater, notChecked, ofChanges, ofEach } from "./rule.ts";

/** In production the bucket of the models is protected, and is not emptied for a delete. */
export const storeProtected = ofEach(["production"], (bucket, { production }) => {
  if (!production || !isBucket(bucket)) return [];
  const next = "set modelStore.onDestroy: keep, or leave it out";
  const { forceDestroy } = bucket.properties;
  return [
    ...(bucket.protect ? [] : [found(bucket, "protect", "a destroy deletes the bucket", "protect: true", next)]),
    ...(forceDestroy === true
      ? [found(bucket, "forceDestroy", "a delete takes the models with it", "forceDestroy: false", next)]
      : []),
    ...(forceDestroy === notKnown
      ? [notChecked(bucket, "forceDestroy", "whether a delete takes the models is not known yet", judgedLater)]
      : []),
  ];
});

/**
 * No bucket is deleted or replaced, unless the stack says that its models go with it. One that leaves the stack and stays
 * where it is keeps them; of a replacement that is no help, because the servers look into the new bucket.
 */
export const bucketKept = ofChanges(["onDestroy"], (changes, { onDestroy }) => {
  if (onDestroy === "delete") return [];
  return bucketsIn(changes)
    .filter(({ change, retained }) => change === "replace" || (change === "delete" && !retained))
    .map((bucket) => {
      const next = "take back what makes it so; to be rid of the bucket, set modelStore.onDestroy: delete first";
      return found(bucket, "", `a ${bucket.change} of the bucket takes its models away`, "an update, or nothing", next);
    });
});
