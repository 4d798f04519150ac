import grpc from "@grpc/grpc-js";

/**
 * Starts a plugin as the engine expects it: a gRPC server on a free loopback port, which is the first line it prints.
 * Ends with the engine: on its signal, or when the process that started it is gone.
 */
export async function serve(addServices: (server: grpc.Server) => void): Promise<void> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  addServices(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const end = () => {
    server.forceShutdown();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  // A write to an engine that has died must not bring up a crash report.
  process.stdout.on("error", end);
  process.stderr.on("error", end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 1000).unref();
  process.stdout.write(`${port}\n`);
}
