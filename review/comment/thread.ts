/** A comment on a pull or merge request, as every platform has it. */
export interface Note {
  /** A later one has a higher. */
  id: number;
  /** Who wrote it, as `Thread.account` tells accounts. */
  author: string;
  body: string;
}

/** The comments of one pull or merge request. Every function throws a `Refusal` where the platform refuses. */
export interface Thread {
  /** The account of the token. */
  account(): Promise<string>;
  /** The newest commit that the request proposes; nothing where the platform tells none. */
  head(): Promise<string | undefined>;
  /** All comments, of every page. */
  list(): Promise<Note[]>;
  /** Gives its number. */
  create(body: string): Promise<number>;
  edit(id: number, body: string): Promise<void>;
  remove(id: number): Promise<void>;
}
