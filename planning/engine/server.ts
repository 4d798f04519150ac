/** What an engine's server shows to the outside: to the Service, the probes, the scaler and whoever has a key. */
export interface Server {
  /** The port that it listens on in its pod. */
  port: number;
  /** The route that answers 200 once it serves, and without a key. */
  healthPath: string;
  /** The gauge of requests that wait in one server, by which replicas are added. */
  waitingMetric: string;
  /** The environment variable that has the key that it asks for. */
  keyVariable: string;
}
