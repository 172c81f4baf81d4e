import { DEFAULT_NODE } from './client.ts';
import type { Io } from './io.ts';
import { shell } from './text.ts';

/** Commands as they are printed for people to copy: they run in the folder of a clone. */

/** `./kontor`, then these words as a shell takes them. */
export const kontor = (...words: string[]): string => ['./kontor', ...words.map(shell)].join(' ');

/** `--node URL`, unless every shell asks that node by itself. */
export const nodeOption = (io: Pick<Io, 'env'>, node: string): string[] =>
  node === DEFAULT_NODE && !io.env.KONTOR_NODE ? [] : ['--node', node];

const LOOPBACK = /^https?:\/\/(localhost|[^/:]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i;

export const PRIVATE = 'KONTOR_ALLOW_PRIVATE_NETWORK=true';

/** `./kontor check`, with what it needs to reach DID documents of a node that runs on this machine. */
export const kontorCheck = (target: string, ...words: string[]): string =>
  `${LOOPBACK.test(target) ? `${PRIVATE} ` : ''}${kontor('check', target, ...words)}`;
