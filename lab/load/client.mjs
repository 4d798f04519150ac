// Asks models for as long as it is told to, and says what became of every request. Runs in a pod: its one argument is
// the task, as JSON; the file /tmp/stop ends it; the last line that it prints is the outcome.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";

/**
 * `models`: `{ name, baseURL, apiKey, model }` each; `workers`: how many ask each model at once; `requests`: how many are
 * to be sent to all together at least; `tokens`: the lengths of answers, by turns; `overlong`: the length of an answer
 * that no drain waits for, asked for by one more worker of each model; 0 for none.
 */
const { models, workers, requests, tokens, overlong } = JSON.parse(process.argv[2]);

/** Time until a worker asks again that has lost a request, in milliseconds: else it would count how fast refusals come. */
const pause = 1000;

/** How many of the lost are told one by one. */
const told = 500;

/** A signal for what is to come to its end whatever happens. */
const never = new AbortController().signal;

/** Longest silence within a stream, in milliseconds, that is not called hanging. */
const patience = 10_000;

const outcome = { sent: 0, answered: 0, streamed: 0, lost: 0, losses: [], overlong: { done: 0, ended: 0, cut: [] } };
const over = new AbortController();
const watching = setInterval(() => {
  if (existsSync("/tmp/stop") && outcome.sent >= requests) over.abort();
}, 200);
const isOver = () => over.signal.aborted;

/** One client a worker, as an application has one; it keeps its connections open and tries nothing again. */
function clientOf({ baseURL, apiKey }) {
  const seen = { tail: "" };
  const watched = async (url, init) => {
    const response = await fetch(url, init);
    if (!response.body) return response;
    const decoder = new TextDecoder();
    const watch = new TransformStream({
      transform(chunk, controller) {
        seen.tail = (seen.tail + decoder.decode(chunk, { stream: true })).slice(-64);
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(watch), response);
  };
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch: watched });
  return { client, seen };
}

/** Reads a stream to its end; throws where it hangs, or ends without saying so. */
async function readStream({ client, seen }, body, signal) {
  seen.tail = "";
  const hung = new AbortController();
  let waiting;
  const wait = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => hung.abort(), patience);
  };
  try {
    wait();
    const stream = await client.chat.completions.create(
      { ...body, stream: true },
      { signal: AbortSignal.any([hung.signal, signal]) },
    );
    for await (const _ of stream) wait();
    if (signal.aborted) return;
    if (hung.signal.aborted) throw new Error(`hangs: nothing for ${patience} ms`);
    if (!seen.tail.endsWith("data: [DONE]\n\n")) throw new Error(`ends without [DONE]: ${JSON.stringify(seen.tail)}`);
  } finally {
    clearTimeout(waiting);
  }
}

const bodyOf = ({ model }, length) => ({
  model,
  messages: [{ role: "user", content: "Count." }],
  max_tokens: length,
  ignore_eos: true,
});

/** What an error says, and what each of its causes does. */
const reasonOf = (error) =>
  error === undefined
    ? ""
    : [error.status, error.message, error.code, reasonOf(error.cause)].filter(Boolean).join(" | ");

const lossOf = (model, error) => ({ at: new Date().toISOString(), model: model.name, reason: reasonOf(error) });

async function work(model, worker) {
  const asking = clientOf(model);
  for (let turn = worker; !isOver(); turn++) {
    const length = tokens[turn % tokens.length];
    const streams = turn % 2 === 0;
    outcome.sent++;
    try {
      if (streams) {
        await readStream(asking, bodyOf(model, length), never);
        outcome.streamed++;
      } else {
        const { usage } = await asking.client.chat.completions.create(bodyOf(model, length));
        if (usage.completion_tokens !== length) throw new Error(`has ${usage.completion_tokens} tokens of ${length}`);
        outcome.answered++;
      }
    } catch (error) {
      outcome.lost++;
      if (outcome.losses.length < told) outcome.losses.push({ ...lossOf(model, error), streams, length });
      await sleep(pause);
    }
  }
}

/** Asks for more than a drain waits for: such a stream may be ended, by a word that says so. */
async function workLong(model) {
  const asking = clientOf(model);
  while (!isOver()) {
    try {
      await readStream(asking, bodyOf(model, overlong), over.signal);
      if (!isOver()) outcome.overlong.done++;
    } catch (error) {
      if (isOver()) return;
      if (/server is stopping/i.test(error.message)) outcome.overlong.ended++;
      else if (outcome.overlong.cut.length < told) outcome.overlong.cut.push(lossOf(model, error));
      await sleep(pause);
    }
  }
}

const all = models.flatMap((model) => [
  ...Array.from({ length: workers }, (_, worker) => work(model, worker)),
  ...(overlong > 0 ? [workLong(model)] : []),
]);
const telling = setInterval(() => console.log(JSON.stringify({ sent: outcome.sent, lost: outcome.lost })), 10_000);
await Promise.all(all);
clearInterval(telling);
clearInterval(watching);
console.log(JSON.stringify(outcome));
