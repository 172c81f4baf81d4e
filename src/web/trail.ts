import { html, raw } from 'hono/html';
import type { ListingDetail } from '../catalogue/listing.ts';
import { mayVouch } from '../compliance/basis.ts';
import type { EvidenceItem } from '../compliance/decision.ts';
import type { Page } from './deps.ts';
import { credentialAddress, day, dayText, digest, type Html, number } from './format.ts';
import { certificationName, labelName, voucherName } from './marks.ts';
import { didDocumentAddress, line } from './safe-text.ts';
import { en } from './texts/en.ts';

const t = en.listing;
/** So many criteria are named; more are counted. */
const FEW = 4;

/** A did:web document opens where it is published; other DIDs carry their key themselves. */
function didLink(did: string, text: string): Html {
  const address = didDocumentAddress(did);
  const code = html`<code class="break" title="${line(did, 400)}">${text}</code>`;
  return address ? html`<a href="${address}" rel="noopener noreferrer nofollow">${code}</a>` : code;
}

const step = (title: Html | string, body: Html | string): Html => html`<li><b>${title}</b><span>${body}</span></li>`;

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
      // A hash says nothing to people.
      .filter(([, value]) => value.length <= 60)
      .slice(0, 4)
      .map(([key, value]) => `${key}: ${value}`)
      .join('; '),
    240,
  );
}

export const evidenceName = (type: string): string =>
  t.evidenceTypes[type] ?? line(type.replace(/^[a-z]+:/, '').replace(/([a-z])([A-Z])/g, '$1 $2'), 60);

const CERTIFICATES = ['Certificate', 'CertificateCredential'];

/** The end of the chain: the entry of the operator's trust list that makes the issuer count, or that there is none. */
function anchorStep(item: EvidenceItem, page: Page): Html {
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

/** A label of this node, and the criteria of it that rest on something, by number where the scheme has numbers. */
type Counted = { label: string; ids?: string[] };

/** The labels that something counts for; the numbers of the criteria where they are few. */
function countsFor(counted: Counted[]): Html {
  if (counted.length === 0) return html`<span class="for">${t.trailUnused}</span>`;
  const rows = counted.map(({ label, ids }) => {
    const criteria = ids && (ids.length > FEW ? t.trailCriteria(ids.length) : ids.map((id) => line(id, 24)).join(', '));
    return html`<br>${label}${criteria && `: ${criteria}`}`;
  });
  return html`<span class="for">${t.trailFor}${rows}</span>`;
}

const signedText = (from: string, until: string): Html => html`${t.signed} ${day(from)}, ${t.valid} ${day(until)}`;

function evidenceStep(item: EvidenceItem, counted: Counted[]): Html {
  const says = saying(item);
  return step(
    evidenceName(item.type),
    html`${says && html`${says}<br>`}${digest(item.digest, credentialAddress(item.digest))} ${signedText(item.validFrom, item.validUntil)}${countsFor(counted)}`,
  );
}

type Counts = (digest: string) => Counted[];

/** One who vouches: who that is, each credential with what rests on it, and why the signer counts here. */
function voucherChain(items: EvidenceItem[], on: Counts, page: Page): Html {
  const { issuer } = items[0]!;
  const anchors = new Set(items.map((item) => String(anchorStep(item, page))));
  return html`<ol class="trail"><li class="who"><b>${voucherName(issuer, page)}</b><span>${didLink(issuer, line(issuer, 120))}, ${t.trailKeyOf}</span></li>${items.map(
    (item) => evidenceStep(item, on(item.digest)),
  )}${[...anchors].map((anchor) => raw(anchor))}</ol>`;
}

/** The provider's own word: it ends at the provider's key, and nobody stands behind it. */
function ownChain(item: ListingDetail, counted: Counted[], own: EvidenceItem[], on: Counts): Html {
  const entries = item.carriedBy
    .slice(0, 3)
    .map((one) => html`<br>${t.trailEntry(number(one.index), line(one.origin, 80))}`);
  return html`<ol class="trail"><li class="who"><b>${t.trailSelf}</b><span>${digest(item.digest, credentialAddress(item.digest))} ${signedText(
    item.credential.issuedAt,
    item.validUntil,
  )}${entries}${counted.length > 0 && countsFor(counted)}</span></li>${own.map((one) => evidenceStep(one, on(one.digest)))}${step(
    t.trailKey,
    html`${didLink(item.credential.keyId, line(item.credential.keyId, 160))}, ${t.trailKeyIs}`,
  )}${step(t.anchorSelf, t.anchorSelfWhy)}</ol>`;
}

/** The labels of this node, then everybody who signed what they rest on, each once: the surest first, the provider last. */
export function trailSection(item: ListingDetail, page: Page): Html {
  const { schemes } = page.deps;
  const labels = item.decisions.flatMap((decision) => {
    const label = item.labels.find((one) => one.own && one.scheme === decision.scheme);
    if (!label) return [];
    const name = labelName(label.scheme, label.level, schemes);
    const numbered = schemes.find(({ id }) => id === label.scheme)?.kind !== 'certificates';
    return [{ label, name, numbered, met: decision.criteria.filter(({ result }) => result === 'met') }];
  });
  const granted = labels.map(
    ({ label, name }) =>
      html`<li><b>${t.trailLabel(name)}</b><span>${digest(label.digest, credentialAddress(label.digest))} ${t.trailIssued(voucherName(label.by, page))}, ${t.valid} ${day(label.validUntil)}</span></li>`,
  );
  const counted = (rests: (evidence: string[]) => boolean): Counted[] =>
    labels.flatMap(({ name, numbered, met }) => {
      const ids = met.filter(({ evidence }) => rests(evidence)).map(({ id }) => id);
      return ids.length > 0 ? [{ label: name, ...(numbered ? { ids } : {}) }] : [];
    });
  const on: Counts = (digest) => counted((evidence) => evidence.includes(digest));
  const held = new Set(item.evidence.map((one) => one.digest));
  const strength = { verified: 0, attested: 1, claimed: 2, unknown: 3 };
  const sorted = [...item.evidence].sort((a, b) => strength[a.basis] - strength[b.basis]);
  const byIssuer = Map.groupBy(sorted, ({ issuer }) => issuer);
  const own = byIssuer.get(item.provider.did) ?? [];
  byIssuer.delete(item.provider.did);
  const chains = [...byIssuer.values()].map((items) => voucherChain(items, on, page));
  const alone = counted((evidence) => !evidence.some((digest) => held.has(digest)));
  return html`<section class="panel" id="evidence"><h2>${t.trail}</h2>${
    granted.length > 0 && html`<ol class="trail head" aria-label="${t.trailLabels}">${granted}</ol>`
  }${chains}${ownChain(item, alone, own, on)}</section>`;
}
