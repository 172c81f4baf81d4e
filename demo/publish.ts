import { join } from 'node:path';
import { dataProduct } from './build/data-product.ts';
import { certificateCredential } from './build/evidence.ts';
import { offeringId, type Provider } from './build/identity.ts';
import { serviceOffering } from './build/offering.ts';
import { legalPerson, registrationId, termsAcceptance } from './build/participant.ts';
import type { Node, Validity } from './build/values.ts';
import { write } from './folder.ts';
import { type Answer, post, type Signed } from './http.ts';
import { type IssuerRole, issuerUrl } from './issuers.ts';
import type { Certificate } from './model.ts';
import { publicFolder, signAs } from './providers.ts';

/** What came of publishing, for the story. */
export interface Published {
  participants: number;
  offerings: number;
  dataProducts: number;
  numbers: number;
  certificates: number;
  /** Sentences of those who did not vouch. */
  declined: string[];
  /** Submissions of good documents that a node did not take: there must be none. */
  failures: string[];
}

export interface PublishContext {
  base: number;
  folder: string;
  providers: Provider[];
  nodeUrl(provider: Provider): string;
  say(line: string): void;
}

const DAY_MS = 86_400_000;
export const VALID_DAYS = 90;
export const validityFrom = (from: Date): Validity => ({ from, until: new Date(from.getTime() + VALID_DAYS * DAY_MS) });

export const nothingPublished = (): Published => ({
  participants: 0,
  offerings: 0,
  dataProducts: 0,
  numbers: 0,
  certificates: 0,
  declined: [],
  failures: [],
});

/** Asks one who vouches, with a self-description that proves who asks. */
export async function askIssuer(
  base: number,
  id: IssuerRole['id'],
  application: Signed,
  ask: object,
): Promise<Signed | { declined: string }> {
  const response = await fetch(`${issuerUrl(base, id)}/issue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ application: application.body, mediaType: application.mediaType, ask }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return response.ok
    ? { mediaType: 'application/vc+jwt', body: text }
    : { declined: (JSON.parse(text) as { detail: string }).detail };
}

/** Lets one who vouches take a certificate back: its bit in the status list is set. */
export async function takeBack(base: number, id: IssuerRole['id'], record: string, token: string): Promise<void> {
  const response = await fetch(`${issuerUrl(base, id)}/withdraw`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ record }),
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`${record} was not taken back: ${await response.text()}`);
}

/** One company: evidence first, then itself, then what it offers, so that the first judgement already sees it all. */
export async function publishCompany(provider: Provider, context: PublishContext, tally: Published): Promise<void> {
  const { company } = provider;
  const { base, providers, say } = context;
  const node = context.nodeUrl(provider);
  const validity = validityFrom(new Date(Date.now() - 1_000));

  const send = async (signed: Signed, what: string): Promise<Answer> => {
    const answer = await post(node, signed);
    if (answer.status !== 201)
      tally.failures.push(`${company.name}, ${what}: ${answer.status} ${answer.body.detail ?? answer.body.code ?? ''}`);
    say(
      `${company.slug} ${what}: ${answer.status}${answer.body.labels?.map(({ scheme, level }) => ` ${scheme}:${level ?? 'none'}`).join('') ?? ''}`,
    );
    return answer;
  };
  const host = (path: string, { mediaType, body }: Signed) =>
    write(
      join(publicFolder(context.folder, provider), `${path}.${mediaType === 'application/vc' ? 'jsonld' : 'jwt'}`),
      body,
    );

  const self = await signAs(provider, legalPerson(provider, validity));
  host('company', self);

  const number = await askIssuer(base, 'notary', self, { number: company.vat, id: registrationId(provider) });
  if ('declined' in number) tally.declined.push(`The notary does not vouch for ${company.name}: ${number.declined}`);
  else {
    await send(number, 'registration number');
    tally.numbers++;
  }
  const certify = async (certificate: Certificate, about: string) => {
    const signed =
      certificate.by === 'self'
        ? await signAs(provider, ownClaim(provider, certificate, about, validity))
        : await askIssuer(base, certificate.by, self, { scheme: certificate.scheme, scope: certificate.scope, about });
    if ('declined' in signed) {
      tally.declined.push(`No ${certificate.scheme} certificate for ${company.name}: ${signed.declined}`);
      return;
    }
    await send(signed, `certificate ${certificate.scheme}`);
    if (certificate.by !== 'self') tally.certificates++;
  };
  for (const certificate of company.certificates ?? []) await certify(certificate, provider.did);
  if (company.acceptsTerms !== false)
    await send(await signAs(provider, termsAcceptance(provider, validity)), 'acceptance of terms');
  await send(self, 'self-description');
  tally.participants++;

  for (const offering of company.offerings) {
    for (const certificate of offering.certificates ?? []) await certify(certificate, offeringId(provider, offering));
    const signed = await signAs(provider, serviceOffering(provider, offering, validity, providers));
    host(`offerings/${offering.slug}`, signed);
    await send(signed, offering.slug);
    tally.offerings++;
  }
  for (const product of company.dataProducts ?? []) {
    const signed = await signAs(provider, dataProduct(provider, product, validity, providers));
    host(`offerings/${product.slug}`, signed);
    await send(signed, product.slug);
    tally.dataProducts++;
  }
}

/** A certificate that nobody but the provider vouches for: taken, and shown as claimed. */
function ownClaim(provider: Provider, certificate: Certificate, about: string, validity: Validity): Node {
  const { by: _, covers, ...what } = certificate;
  const isoDay = (date: Date) => date.toISOString().slice(0, 10);
  return certificateCredential(
    provider.did,
    {
      ...what,
      ...(covers ? { covers: covers.map((slug) => offeringId(provider, { slug })) } : {}),
      about,
      holder: provider.did,
      body: provider.company.name,
      from: isoDay(validity.from),
      until: isoDay(validity.until),
    },
    validity,
  );
}
