import { html } from 'hono/html';
import type { ListingDetail, ListingLabel } from '../catalogue/listing.ts';
import { mayVouch } from '../compliance/basis.ts';
import type { CriterionResult, Decision, EvidenceItem } from '../compliance/decision.ts';
import type { Page } from './deps.ts';
import { credentialAddress, day, dayText, digest, type Html, number } from './format.ts';
import { certificationName, schemeShort, voucherName } from './marks.ts';
import { didDocumentAddress, line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.listing;

/** A did:web document opens where it is published; other DIDs carry their key themselves. */
function didLink(did: string, text: string): Html {
  const address = didDocumentAddress(did);
  const code = html`<code class="break" title="${line(did, 400)}">${text}</code>`;
  return address ? html`<a href="${address}" rel="noopener noreferrer nofollow">${code}</a>` : code;
}

const step = (title: Html | string, body: Html | string): Html => html`<li><b>${title}</b><span>${body}</span></li>`;

/** The criteria that name a credential as what they rest on: numbers as a list, the first with its title. */
function criteriaStep(criteria: CriterionResult[]): Html {
  if (criteria.length === 1) return step(t.trailCriterion(line(criteria[0]!.id, 24)), line(criteria[0]!.title, 160));
  const ids = criteria
    .slice(0, 8)
    .map((one) => line(one.id, 24))
    .join(', ');
  return step(t.trailCriteria(criteria.length), `${ids}${criteria.length > 8 ? en.more(criteria.length - 8) : ''}`);
}

/** What a credential by somebody says, in words where its facts are known. */
function saying(item: EvidenceItem): string {
  const { scheme, edition, level, scope, body, number: registered, country } = item.facts;
  if (scheme) {
    const what = [certificationName(scheme), edition, level].filter(Boolean).join(' ');
    return line([what, scope && `for ${scope}`, body && `by ${body}`].filter(Boolean).join(', '), 240);
  }
  if (registered) return line([registered, country].filter(Boolean).join(', '), 160);
  return line(
    Object.entries(item.facts)
      .slice(0, 4)
      .map(([key, value]) => `${key}: ${value}`)
      .join('; '),
    240,
  );
}

const evidenceName = (type: string): string =>
  t.evidenceTypes[type] ?? line(type.replace(/^[a-z]+:/, '').replace(/([a-z])([A-Z])/g, '$1 $2'), 60);

const CERTIFICATES = ['Certificate', 'CertificateCredential'];

/** The end of the chain: the entry of the operator's trust list that makes the issuer count, or that there is none. */
function anchorStep(item: EvidenceItem, provider: string, page: Page): Html {
  if (item.issuer === provider) return step(t.anchorSelf, t.anchorSelfWhy);
  const type = CERTIFICATES.includes(item.type.replace(/^[a-z]+:/, '')) ? 'kontor:Certificate' : item.type;
  const rule = page.deps.trust().find((entry) => entry.did === item.issuer && mayVouch(entry.role, type));
  if (!rule) return step(t.anchorNone, t.anchorNoneWhy);
  const schemes = rule.schemes?.map(certificationName).join(', ');
  const times = [rule.from && t.anchorFrom(dayText(rule.from)), rule.until && t.anchorUntil(dayText(rule.until))]
    .filter(Boolean)
    .join(', ');
  return step(
    t.anchor,
    html`${voucherName(item.issuer, page)}: ${t.anchorRole[rule.role]}${schemes && ` (${schemes})`}${times && `, ${times}`}`,
  );
}

function evidenceChain(item: EvidenceItem, criteria: CriterionResult[], provider: string, page: Page): Html {
  const who = voucherName(item.issuer, page);
  return html`<ol class="trail">${criteria.length > 0 && criteriaStep(criteria)}${step(t.claim, saying(item))}${step(
    evidenceName(item.type),
    html`${digest(item.digest, credentialAddress(item.digest))} ${t.signed} ${day(item.validFrom)}, ${t.valid} ${day(item.validUntil)}`,
  )}${step(t.trailKey, html`${didLink(item.issuer, line(item.issuer, 120))}, ${t.trailKeyOf(who)}`)}${anchorStep(item, provider, page)}</ol>`;
}

/** The provider's own word: it ends at the provider's key, and nobody stands behind it. */
function ownChain(item: ListingDetail, criteria: CriterionResult[]): Html {
  const entries = item.carriedBy
    .slice(0, 3)
    .map((one) => html`<br>${t.trailEntry(number(one.index), line(one.origin, 80))}`);
  return html`<ol class="trail">${criteria.length > 0 && criteriaStep(criteria)}${step(
    t.trailSelf,
    html`${digest(item.digest, credentialAddress(item.digest))} ${t.signed} ${day(item.credential.issuedAt)}, ${t.valid} ${day(item.validUntil)}${entries}`,
  )}${step(t.trailKey, html`${didLink(item.credential.keyId, line(item.credential.keyId, 160))}, ${t.trailKeyIs}`)}${step(t.anchorSelf, t.anchorSelfWhy)}</ol>`;
}

function labelHead(label: ListingLabel, page: Page): Html {
  return html`<ol class="trail head">${step(
    t.trailLabel(schemeShort(label.scheme, page.deps.schemes), line(label.level, 24)),
    html`${digest(label.digest, credentialAddress(label.digest))} ${t.trailIssued(voucherName(label.by, page))}, ${t.valid} ${day(label.validUntil)}`,
  )}</ol>`;
}

/** Label, criteria, claims, credentials, keys, trust anchors: one chain a credential, strongest basis first. */
function decisionTrail(decision: Decision, label: ListingLabel, item: ListingDetail, page: Page): Html {
  const met = decision.criteria.filter((one) => one.result === 'met');
  const used = item.evidence.filter(
    (one) => decision.evidence.includes(one.digest) || met.some((criterion) => criterion.evidence.includes(one.digest)),
  );
  const strength = { verified: 0, attested: 1, claimed: 2, unknown: 3 };
  const sorted = [...used].sort((a, b) => strength[a.basis] - strength[b.basis]);
  const on = (value: string) => met.filter((criterion) => criterion.evidence.includes(value));
  const others = met.filter((criterion) => !used.some((one) => criterion.evidence.includes(one.digest)));
  const name = `${schemeShort(decision.scheme, page.deps.schemes)} ${line(label.level, 24)}`;
  const chains = [
    ...sorted.map((one) => evidenceChain(one, on(one.digest), item.provider.did, page)),
    ...(others.length > 0 ? [ownChain(item, others)] : []),
  ];
  return html`<h3 class="vh">${t.trailOf(name, '')}</h3>${labelHead(label, page)}${chains}`;
}

/** The evidence trail of every label this node grants; without a label, what is held about the listing. */
export function trailSection(item: ListingDetail, page: Page): Html {
  const trails = item.decisions.flatMap((decision) => {
    const label = item.labels.find((one) => one.own && one.scheme === decision.scheme);
    return label ? [decisionTrail(decision, label, item, page)] : [];
  });
  const shown = new Set(
    item.decisions.flatMap((one) => [...one.evidence, ...one.criteria.flatMap((criterion) => criterion.evidence)]),
  );
  const rest = item.evidence.filter((one) => trails.length === 0 || !shown.has(one.digest));
  return html`<section class="panel" id="evidence"><h2>${t.trail}</h2>${trails}${trails.length === 0 && ownChain(item, [])}${
    rest.length > 0 &&
    html`<h3>${t.otherEvidence}</h3>${rest.map((one) => evidenceChain(one, [], item.provider.did, page))}`
  }</section>`;
}
