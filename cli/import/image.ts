import { engineEntries } from "../../config/schema/engineEntries.ts";
import { movingTag } from "../../config/schema/values.ts";
import { isStock } from "../../planning/engine/vllm/image.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

/** vLLM's own images: the program takes them by itself, by engine.version. */
const stock = /^((docker\.io|index\.docker\.io)\/)?vllm\/vllm-openai(-cpu)?$/;
/** LMCache's image keeps vLLM in a virtual environment of its own, so its command is another. */
const lmcache = /(^|\/)lmcache\/vllm-openai$/;

const version = engineEntries.version.about.default;

/** The image: a version of vLLM where the tag is one, else repository, tag and digest as they are. */
export function image(model: Model, repository: Place, tag: Place, digest?: Place) {
  const { book } = model;
  const [name = "", ownDigest] = (repository.text ?? "").split("@");
  const [text = "", tagDigest] = (tag.text ?? "").split("@");
  if (tag.empty) book.noop(tag);
  const instead = `vLLM's own image of vLLM ${version} (engine.version) is used`;
  if (lmcache.test(name)) {
    book.drop(
      repository,
      `runs vLLM by another path than the stock image, which can offload the KV cache itself; ${instead}`,
    );
    book.drop(tag, `belongs to ${repository.path}, which is not taken over`);
    return;
  }
  const pinned = digest?.text || tagDigest || ownDigest;
  if (text === "" && !pinned) {
    if (!stock.test(name) && name !== "") askForImage(model);
    return keepRepository(model, repository, name);
  }
  if (movingTag.test(text) && !pinned) {
    book.list(tag, `'${text}' names another image tomorrow; ${instead}`);
    if (stock.test(name) || name === "") return keepRepository(model, repository, name);
    book.list(repository, `is not taken over without a tag that stays; ${instead}`);
    return askForImage(model);
  }
  keepRepository(model, repository, name);
  const [, number, rest] = /^v?(\d+\.\d+\.\d+)(.*)$/.exec(text) ?? [];
  if (number && (name === "" || isStock({ repository: name }))) {
    model.set(tag, "engine.version", number);
    if (rest) model.set(tag, "image.tag", text);
  } else if (text && !movingTag.test(text)) {
    model.set(tag, "image.tag", text);
    book.ask(
      `say which vLLM ${name}:${text} holds (${version} is assumed; flags and known holes are checked by it):\n${model.command("engine.version", "<version>")}`,
    );
  } else if (text) book.list(tag, `'${text}' names another image tomorrow; the digest says which is meant`);
  if (pinned) model.set(digest?.text ? digest : tagDigest ? tag : repository, "image.digest", pinned);
}

/** Image pull Secrets: a list of names, or of `{name: …}`. */
export function pullSecrets(model: Model, place: Place) {
  const entries = Array.isArray(place.value) ? place.children : place.empty ? [] : [place];
  if (entries.length === 0) model.book.noop(place);
  for (const entry of entries) model.append(entry, "image.pullSecrets", entry.at("name").text ?? entry.text ?? "");
}

function keepRepository(model: Model, repository: Place, name: string) {
  if (stock.test(name)) model.same(repository, "image.repository", "its default");
  else model.set(repository, "image.repository", name);
}

const askForImage = (model: Model) =>
  model.book.ask(
    `where your own image shall be used, name it with a digest:\n${model.command("image.repository", "<repository>")}\n` +
      `${model.command("image.digest", "sha256:<digest>")}\n${model.command("engine.version", "<version>")}`,
  );
