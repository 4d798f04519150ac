/** Bytes of a MiB and of a GiB. */
export const mib = 2 ** 20;
export const gib = 2 ** 30;
