/** A container image by its parts. */
export interface Image {
  repository: string;
  tag: string;
  digest?: string;
}

/** An image as a container names it. */
export const imageReference = ({ repository, tag, digest }: Image): string =>
  `${repository}:${tag}${digest === undefined ? "" : `@${digest}`}`;
