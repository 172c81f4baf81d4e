import { join } from 'node:path';
import { generateKey } from '../src/credentials/issuing/identity.ts';
import { signJwt } from '../src/credentials/issuing/sign.ts';
import { offeringId, type Provider } from './build/identity.ts';
import { serviceOffering } from './build/offering.ts';
import { legalPerson } from './build/participant.ts';
import type { Node } from './build/values.ts';
import { write } from './folder.ts';
import { post, type Signed } from './http.ts';
import type { Offering } from './model.ts';
import { signAs } from './providers.ts';
import { askIssuer, type PublishContext, takeBack, validityFrom } from './publish.ts';

export interface Refused {
  file: string;
  /** What the node answered. */
  reason: string;
  code: string;
  status: number;
}

interface BadSubmission extends Signed {
  file: string;
  provider: Provider;
}

const DAY_MS = 86_400_000;

/**
 * Submissions that must not get in, each for a reason of its own. All but the flaw is right: they are built from the
 * sample data, signed with real keys, and sent like any other.
 */
async function badSubmissions(context: PublishContext, issuerToken: string): Promise<BadSubmission[]> {
  const { base, providers } = context;
  const of = (slug: string) => providers.find(({ company }) => company.slug === slug)!;
  const jwt = 'application/vc+jwt';
  const now = validityFrom(new Date());
  const fresh = (provider: Provider, slug: string, change: Partial<Offering> = {}): Node =>
    serviceOffering(provider, { ...provider.company.offerings[0]!, slug, ...change }, now, providers);
  const subjectOf = (document: Node) => document.credentialSubject as Node;
  const signed = async (file: string, provider: Provider, document: Node): Promise<BadSubmission> => ({
    file,
    provider,
    mediaType: jwt,
    body: await signJwt(document, provider.key),
  });

  const altered = async (): Promise<BadSubmission> => {
    const provider = of('bursztyn');
    const [head, payload, signature] = (await signJwt(fresh(provider, 'cheaper-vm'), provider.key)).split('.');
    const cheaper = Buffer.from(payload!, 'base64url')
      .toString('utf8')
      .replace('"kontor:amount":0.024', '"kontor:amount":0.004');
    return {
      file: 'altered-after-signing.jwt',
      provider,
      mediaType: jwt,
      body: `${head}.${Buffer.from(cheaper).toString('base64url')}.${signature}`,
    };
  };
  const unsigned = (): BadSubmission => {
    const provider = of('cantabrica');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return {
      file: 'algorithm-none.jwt',
      provider,
      mediaType: jwt,
      body: `${part({ alg: 'none', typ: 'vc+jwt', kid: provider.key.id })}.${part(fresh(provider, 'unsigned-vm'))}.`,
    };
  };
  const expired = (): Promise<BadSubmission> => {
    const provider = of('atlantico');
    const past = { from: new Date(Date.now() - 120 * DAY_MS), until: new Date(Date.now() - 30 * DAY_MS) };
    return signed(
      'expired.jwt',
      provider,
      serviceOffering(provider, { ...provider.company.offerings[0]!, slug: 'old-backup' }, past, providers),
    );
  };
  const ownMeaning = (): Promise<BadSubmission> => {
    const provider = of('aurelia');
    const document = fresh(provider, 'own-words');
    return signed('gx-with-another-meaning.jwt', provider, {
      ...document,
      '@context': [...(document['@context'] as unknown[]), { gx: 'https://vocabulary.aurelia.example/gx#' }],
    });
  };
  const incomplete = (): Promise<BadSubmission> => {
    const provider = of('kattegat');
    const document = fresh(provider, 'no-terms');
    delete subjectOf(document)['gx:serviceOfferingTermsAndConditions'];
    return signed('terms-left-out.jwt', provider, document);
  };
  const foreign = (): Promise<BadSubmission> => {
    const provider = of('polderkantoor');
    const document = fresh(provider, 'suite');
    subjectOf(document).id = offeringId(of('amtsstube'), { slug: 'suite' });
    return signed('somebody-elses-offering.jwt', provider, document);
  };
  const unknownTerm = (): Promise<BadSubmission> => {
    const provider = of('ligeria');
    const document = fresh(provider, 'new-words');
    subjectOf(document)['kontor:sovereigntyScore'] = 11;
    return signed('unknown-term.jwt', provider, document);
  };
  const strangeKey = async (): Promise<BadSubmission> => {
    const provider = of('fjordlink');
    return {
      file: 'key-nobody-published.jwt',
      provider,
      mediaType: jwt,
      body: await signJwt(fresh(provider, 'forged'), generateKey('EdDSA', provider.did, 'key-2')),
    };
  };
  const twice = async (): Promise<BadSubmission> => {
    const provider = of('zenne');
    const { body } = await signAs(provider, fresh(provider, 'said-twice'));
    return {
      file: 'same-key-twice.jsonld',
      provider,
      mediaType: 'application/vc',
      body: body.replace('{', `{"issuer":"did:web:somebody.example",`),
    };
  };
  const huge = (): Promise<BadSubmission> => {
    const provider = of('rjukan');
    return signed(
      'larger-than-taken.jwt',
      provider,
      fresh(provider, 'wordy', { description: 'Very much to say. '.repeat(20_000) }),
    );
  };
  const older = (): Promise<BadSubmission> => {
    const provider = of('amtsstube');
    const before = validityFrom(new Date(Date.now() - 10 * DAY_MS));
    return signed(
      'older-than-the-current.jwt',
      provider,
      serviceOffering(provider, provider.company.offerings[0]!, before, providers),
    );
  };
  const withdrawn = async (): Promise<BadSubmission> => {
    const provider = of('zenne');
    const self = await signAs(provider, legalPerson(provider, now));
    const certificate = await askIssuer(base, 'iso', self, {
      scheme: 'iso-27001',
      scope: 'Telemetry platform in Mechelen',
    });
    if ('declined' in certificate) throw new Error(`The certification body did not sign: ${certificate.declined}`);
    await takeBack(base, 'iso', 'ISO-2025-0331', issuerToken);
    return { file: 'withdrawn-certificate.jwt', provider, ...certificate };
  };
  const brochure = (): BadSubmission => ({
    file: 'brochure.pdf',
    provider: of('alpenkern'),
    mediaType: 'application/pdf',
    body: '%PDF-1.7\n% A brochure, not a credential.\n',
  });
  const ownLabel = (): Promise<BadSubmission> => {
    const provider = of('aurelia');
    const subject = {
      id: offeringId(provider, provider.company.offerings[0]!),
      'kontor:scheme': 'gaia-x',
      'kontor:level': 'L3',
      'kontor:basis': 'verified',
    };
    const document = {
      ...fresh(provider, 'label'),
      type: ['VerifiableCredential', 'TrustLabelCredential'],
      credentialSubject: subject,
    };
    return signed('label-for-oneself.jwt', provider, document);
  };

  return Promise.all([
    altered(),
    unsigned(),
    expired(),
    ownMeaning(),
    incomplete(),
    foreign(),
    unknownTerm(),
    strangeKey(),
    twice(),
    huge(),
    older(),
    withdrawn(),
    brochure(),
    ownLabel(),
  ]);
}

/**
 * Writes the bad submissions to `refused/` and sends each to its provider's node.
 *
 * @throws when a node takes one of them
 */
export async function provokeRefusals(context: PublishContext, issuerToken: string): Promise<Refused[]> {
  const refused: Refused[] = [];
  const submissions = await badSubmissions(context, issuerToken);
  for (const [index, { file, provider, mediaType, body }] of submissions.entries()) {
    const name = `${String(index + 1).padStart(2, '0')}-${file}`;
    write(join(context.folder, 'refused', name), body);
    const { status, body: answer } = await post(context.nodeUrl(provider), { mediaType, body });
    if (status < 400) throw new Error(`${name} should have been refused, but the node answered ${status}`);
    refused.push({ file: name, reason: answer.detail ?? answer.title ?? '', code: answer.code ?? '', status });
  }
  return refused;
}
