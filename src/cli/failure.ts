/** 1: refused, or not to be had. 2: asked wrongly. */
export type ExitCode = 0 | 1 | 2;

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
