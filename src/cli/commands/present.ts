import { signPresentation } from '../../credentials/issuing/sign.ts';
import { type ExitCode, wrongUsage } from '../failure.ts';
import { parseObject, readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { signingKey } from '../key.ts';
import { answer, deliver } from '../output.ts';
import { refusePrivateKey, requireSigned } from '../secrets.ts';
import { count, shell } from '../text.ts';

interface Options {
  key?: string;
  out?: string;
  json?: boolean;
}

export async function present(io: Io, files: string[], options: Options): Promise<ExitCode> {
  const key = signingKey(io, options.key);
  const credentials = [];
  for (const file of files) {
    const input = await readInput(io, file);
    refusePrivateKey(input);
    requireSigned(input);
    if (input.mediaType.startsWith('application/vp'))
      throw wrongUsage(`${file} is a presentation already.`, 'Name the credentials that are in it.');
    credentials.push(
      input.mediaType === 'application/vc+jwt' ? Buffer.from(input.bytes).toString() : parseObject(input.bytes, file),
    );
  }
  const signed = await signPresentation(credentials, key);
  if (options.out || !options.json) deliver(io, signed, options.out);
  if (options.json) {
    const where = options.out ? { file: options.out } : { presentation: signed };
    answer(io, { ok: true, mediaType: 'application/vp+jwt', holder: key.did, keyId: key.id, ...where });
  } else if (options.out)
    io.err(
      `${count(files.length, 'credential')}, presented by ${key.did}: ${options.out}\nNext: ./kontor publish ${shell(options.out)}\n`,
    );
  return 0;
}
