import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AnswersScheme } from '../src/compliance/answers-scheme.ts';
import type { EvidenceItem } from '../src/compliance/decision.ts';
import { evaluate } from '../src/compliance/evaluate.ts';
import { loadCompliance } from '../src/compliance/load.ts';
import { criteriaOf } from '../src/compliance/scheme.ts';
import { Checks } from '../src/credentials/check.ts';
import type { JsonObject } from '../src/credentials/credential.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { readClaims } from '../src/credentials/jsonld/expand.ts';
import { expand } from '../src/credentials/jsonld/rdf.ts';
import { median, rounded } from './figures.ts';
import type { Bench } from './main.ts';

const ROOT = resolve(import.meta.dirname, '..');
const BODY = 'did:web:body.example';
const NOTARY = 'did:web:notary.example';
const ASSESSOR = 'did:web:assessor.example';
/** What a well-certified offering has. */
const CERTIFIED = ['iso-27001', 'iso-27017', 'bsi-c5', 'scs-compatible-iaas', 'secnumcloud', 'eu-cloud-coc'];

/**
 * What judging the content of one offering takes: JSON Schemas, the normalised description, and every scheme; for an
 * offering that speaks of Gaia-X alone, and for one with answers to the sovereignty framework, an assessor's answers and
 * statement, and six certificates. Both with the provider's self-description, number and terms.
 */
export async function run({ quick }: { quick: boolean }): Promise<Bench> {
  const { shapes, describe, ...compliance } = loadCompliance(join(ROOT, 'shapes'));
  const schemes = compliance.schemes();
  const contexts = loadContexts(join(ROOT, 'shapes/contexts'));
  const subjectOf = async (document: JsonObject) =>
    readClaims(await expand(document, contexts), new Checks())!.subjects[0]!;
  const document = JSON.parse(readFileSync(join(ROOT, 'examples/claims/offer-l1.json'), 'utf8')) as JsonObject;
  const answered = structuredClone(document);
  const framework = schemes.find((one): one is AnswersScheme => one.kind === 'answers')!;
  Object.assign(answered.credentialSubject as JsonObject, {
    'kontor:sealAssessment': {
      type: 'kontor:SealAssessment',
      'kontor:scheme': framework.id,
      'kontor:edition': Object.keys(framework.editions)[0],
      'kontor:assessedOn': '2026-09-01',
      'kontor:answer': framework.criteria.map(({ id }) => ({
        type: 'kontor:SealAnswer',
        'kontor:criterionId': id,
        'kontor:choice': 4,
      })),
    },
  });
  const now = new Date('2026-11-21T09:00:00Z');
  const validUntil = '2027-11-21T00:00:00Z';
  const company = describe(
    await subjectOf(JSON.parse(readFileSync(join(ROOT, 'examples/claims/company.json'), 'utf8'))),
  );
  const PROVIDER = company.id;
  const provider = { description: company, digest: 'uCompany', validUntil, issuer: PROVIDER };
  const says = (digest: string, type: string, id: string, issuer: string, facts = {}): EvidenceItem => ({
    digest,
    type,
    about: [id],
    issuer,
    validFrom: '2026-01-01T00:00:00Z',
    validUntil,
    basis: 'unknown',
    facts,
  });
  const registered = [
    ...company.participant!.registrations.flatMap(({ id }) => (id ? [says('uVat', 'gx:VatID', id, NOTARY)] : [])),
    says('uTerms', 'gx:Issuer', PROVIDER, PROVIDER),
  ];
  const measure = async (claims: JsonObject, more: EvidenceItem[]): Promise<number> => {
    const subject = await subjectOf(claims);
    const credential = { digest: 'uOffering', issuer: PROVIDER, validUntil };
    const evidence = [...registered, ...more];
    const trust = [
      { did: NOTARY, role: 'registration-number' as const },
      { did: BODY, role: 'certificate' as const },
      { did: ASSESSOR, role: 'assessment-body' as const },
    ];
    const times: number[] = [];
    for (let round = 0; round < (quick ? 400 : 2000); round++) {
      const began = performance.now();
      shapes.check(subject, { document: claims });
      const description = describe(subject);
      for (const scheme of schemes) evaluate({ scheme, description, credential, provider, evidence, trust, now });
      times.push(performance.now() - began);
    }
    // The first rounds compile; half of them do not count.
    return median(times.slice(times.length / 2));
  };
  const about = describe(await subjectOf(answered)).id;
  const certificates = schemes
    .filter(({ id }) => CERTIFIED.includes(id))
    .map((scheme, at) => ({
      ...says(`uCertificate${at}`, 'kontor:Certificate', about, BODY, {
        scheme: scheme.id,
        ...(scheme.levels[0] ? { level: scheme.levels[0].id } : {}),
        ...(scheme.kind === 'certificates' && scheme.editions ? { edition: scheme.editions[0]!.id } : {}),
      }),
    }));
  const assessed = [
    says('uAssessed', 'kontor:SealAssessment', about, ASSESSOR, {
      scheme: framework.id,
      edition: Object.keys(framework.editions)[0]!,
      assessedOn: '2026-09-01',
      answers: framework.criteria.map(({ id }) => `${id}=4`).join(' '),
    }),
    says('uStated', 'kontor:Certificate', about, ASSESSOR, {
      scheme: 'gaia-x',
      edition: '24.11',
      criterion: criteriaOf(schemes.find(({ id }) => id === 'gaia-x')!)
        .map(({ id }) => id)
        .join(' '),
    }),
  ];
  const plain = await measure(document, []);
  const full = await measure(answered, [...certificates, ...assessed]);
  return {
    metrics: { schemas_p50_ms: rounded(full, 3), schemas_quiet_p50_ms: rounded(plain, 3) },
    table: [
      [
        `JSON Schemas and ${schemes.length} schemes, an offering with answers, an assessor's too, and seven certificates, ms`,
        `${rounded(full, 3)}`,
      ],
      ['  an offering that speaks of Gaia-X alone, ms', `${rounded(plain, 3)}`],
    ],
  };
}
