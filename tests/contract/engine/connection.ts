import { connect, type Socket } from "node:net";

/** A request as a client writes it. A text body is sent as it is, anything else as JSON. */
export interface Request {
  method?: "GET" | "POST" | "OPTIONS" | "HEAD";
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What came back, head first; the body's parts as the server framed them. */
export interface Response {
  status: number;
  /** `name: value`, in the server's order. */
  headers: string[];
  /** The chunks of a chunked body; one part of any other. */
  parts: string[];
  /** How the body ended: by its length or its last chunk, or because the connection did. */
  end: "complete" | "cut";
}

/** A response of which the head is there. */
export interface Coming {
  /** The number of parts so far. */
  received(): number;
  /** Whether that is all. */
  done(): boolean;
  rest(): Promise<Response>;
}

/** One TCP connection to the engine, on which requests follow each other. What is on the wire is read, nothing more. */
export class Connection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake();
    });
    for (const event of ["end", "error", "close"])
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  /** Connects; rejects with the system's error, `ECONNREFUSED` for one. */
  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Connection(socket);
  }

  get closed(): boolean {
    return this.#ended;
  }

  /** Sends a request and waits for the whole answer; undefined if the connection ends without one. */
  async request(request: Request): Promise<Response | undefined> {
    return (await this.start(request))?.rest();
  }

  /** Sends a request and waits for the answer's head. */
  async start(request: Request): Promise<Coming | undefined> {
    const body =
      request.body === undefined || typeof request.body === "string" ? request.body : JSON.stringify(request.body);
    const headers = {
      host: "engine",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...request.headers,
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const method = request.method ?? (body === undefined ? "GET" : "POST");
    if (!this.#ended) this.#socket.write(`${method} ${request.path} HTTP/1.1\r\n${head.join("")}\r\n${body ?? ""}`);
    const [line = "", ...lines] = (await this.#upTo("\r\n\r\n"))?.split("\r\n") ?? [];
    if (line === "") return undefined;
    const response: Response = { status: Number(line.split(" ")[1]), headers: lines, parts: [], end: "cut" };
    let done = false;
    const rest = this.#body(response, method === "HEAD").finally(() => {
      done = true;
    });
    return { received: () => response.parts.length, done: () => done, rest: () => rest };
  }

  async #body(response: Response, none: boolean): Promise<Response> {
    const header = (name: string) =>
      response.headers.find((one) => one.startsWith(`${name}: `))?.slice(name.length + 2);
    if (header("transfer-encoding") !== "chunked") {
      const part = await this.#take(none ? 0 : Number(header("content-length") ?? 0));
      if (part) response.parts.push(part);
      return part === undefined ? response : { ...response, end: "complete" };
    }
    for (;;) {
      const size = Number.parseInt((await this.#upTo("\r\n")) ?? "", 16);
      const part = Number.isNaN(size) ? undefined : await this.#take(size + 2);
      if (part === undefined) return response;
      if (size === 0) return { ...response, end: "complete" };
      response.parts.push(part.slice(0, -2));
    }
  }

  /** The text before a mark, which is read too. */
  async #upTo(mark: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(mark);
      if (at >= 0) return (await this.#take(at + mark.length))?.slice(0, -mark.length);
      if (!(await this.#more())) return undefined;
    }
  }

  async #take(bytes: number): Promise<string | undefined> {
    while (this.#received.length < bytes) if (!(await this.#more())) return undefined;
    const taken = this.#received.subarray(0, bytes).toString();
    this.#received = this.#received.subarray(bytes);
    return taken;
  }

  /** Waits for more to read; false at the connection's end. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const before = this.#received.length;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.#received.length > before || !this.#ended;
  }

  /** Drops the connection, as a client does that goes away. */
  drop(): void {
    this.#socket.destroy();
  }
}
