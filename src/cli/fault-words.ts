/** Faults of a connection in words, where the libraries below give what OpenSSL or the HTTP parser said. */

const NO_TLS = /EPROTO|wrong version number|packet length too long|record layer failure/i;
const NO_HTTP = /Parse Error|HPE_INVALID|Expected HTTP\//i;

/** The sentence for people, else undefined: the text says enough by itself. */
export function wordsFor(text: string): string | undefined {
  if (NO_TLS.test(text)) return 'it does not speak TLS; is it http://?';
  if (/ECONNREFUSED/.test(text)) return 'nothing listens there';
  return NO_HTTP.test(text) ? 'it does not answer in plain HTTP; is it https://?' : undefined;
}

/** The same for a whole sentence of a node, whose beginning names who was asked. */
export function plainFault(text: string): string {
  const fault = wordsFor(text);
  const begin = /^(\S+) could not be reached: /.exec(text)?.[1];
  if (!fault) return text;
  return begin ? `${begin}: ${fault}` : fault;
}
