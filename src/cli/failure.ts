/** 1: refused, or not to be had. 2: asked wrongly. 3: a bundle is intact, and says more than holds by the reader's own list or time. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Why a command ends without its answer: one sentence, and what to do. */
export class Failure extends Error {
  readonly exit: ExitCode;
  readonly code: string;
  readonly mend: string | undefined;

  constructor(exit: ExitCode, code: string, message: string, mend?: string) {
    super(message);
    this.name = 'Failure';
    this.exit = exit;
    this.code = code;
    this.mend = mend;
  }
}

export const wrongUsage = (message: string, mend?: string): Failure => new Failure(2, 'usage', message, mend);
