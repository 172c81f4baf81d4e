import { html } from 'hono/html';
import type { ListingCertification, ListingLabel } from '../catalogue/listing.ts';
import type { ShownBasis } from '../compliance/decision.ts';
import type { Page, SchemeView } from './deps.ts';
import { credentialAddress, dayText, didName, type Html } from './format.ts';
import { basisIcon } from './icons.ts';
import { line } from './safe-text.ts';
import { en } from './texts/en.ts';

/** What a scheme is called where there is little room. */
export function schemeShort(id: string, schemes: SchemeView[]): string {
  return en.schemes[id]?.short ?? line(schemes.find((scheme) => scheme.id === id)?.title ?? id, 40);
}

/** What a level is called: by its code where a scheme grades (`L1`), by its name where it is a third party's paper. */
export function levelName(scheme: string, level: string, schemes: SchemeView[]): string {
  const known = schemes.find(({ id }) => id === scheme);
  const name = known?.kind === 'certificates' ? known.levels.find(({ id }) => id === level)?.name : undefined;
  return name ? line(name, 60) : line(level, 24);
}

/** Scheme and level, each once: the only level of a scheme may be called as the scheme is. */
export function labelName(scheme: string, level: string, schemes: SchemeView[]): string {
  return [...new Set([schemeShort(scheme, schemes), levelName(scheme, level, schemes)])].join(' ');
}

export const certificationName = (id: string): string => en.certifications[id] ?? line(id, 40);

/** How a voucher is called: this node by its name, parties of the trust list by theirs, others by their DID's host. */
export function voucherName(did: string, { deps }: Page): string {
  if (did === deps.node.did) return line(deps.node.name, 60);
  const named = deps.trust().find((rule) => rule.did === did)?.name;
  return named ? line(named, 80) : didName(did);
}

/** The basis of one answer or criterion: sign and word, with its meaning at hand. */
export function basisTag(basis: ShownBasis): Html {
  const { word, means } = en.basis[basis];
  return html`<span class="basis ${basis}" title="${means}">${basisIcon[basis]}<span>${word}</span></span>`;
}

/** Level as filled steps of all steps; the words beside it say the same. */
function steps(reached: number, all: number): Html {
  const boxes = Array.from({ length: all }, (_, index) => html`<i class="${index < reached ? 'on' : ''}"></i>`);
  return html`<span class="steps" aria-hidden="true">${boxes}</span>`;
}

interface MarkView {
  name: string;
  basis: ShownBasis;
  level?: string;
  reached?: { at: number; of: number };
  /** Shown behind the level, for example the day a lapsed label ended. */
  aside?: string;
  sentence: string;
  more?: { href: string; text: string };
}

/** The mark: scheme, level steps, and the basis as its edge and sign; it opens to one sentence. Works without script. */
function mark(view: MarkView): Html {
  const spoken = [view.reached && en.mark.step(view.reached.at, view.reached.of), en.basis[view.basis].word].filter(
    Boolean,
  );
  return html`<details class="mark-box"><summary class="mark ${view.basis}" title="${view.sentence}">${basisIcon[view.basis]}<span>${view.name}</span>${
    view.reached && steps(view.reached.at, view.reached.of)
  }${view.level && html`<b>${view.level}</b>`}${view.aside && html`<span>${view.aside}</span>`}<span class="vh">, ${spoken.join(', ')}</span></summary><div class="mark-note"><p>${
    view.sentence
  }</p>${view.more && html`<a href="${view.more.href}">${view.more.text}</a>`}</div></details>`;
}

/** Where a level stands in its scheme; undefined for schemes this node does not decide. */
function position(scheme: string, level: string, schemes: SchemeView[]): { at: number; of: number } | undefined {
  const levels = schemes.find((known) => known.id === scheme)?.levels ?? [];
  const at = levels.findIndex((known) => known.id === level) + 1;
  return at > 0 ? { at, of: levels.length } : undefined;
}

/** A time that has passed makes a label lapsed, whatever basis it carried. */
const shown = (basis: ShownBasis, validUntil: string, now: Date): ShownBasis =>
  Date.parse(validUntil) <= now.getTime() ? 'lapsed' : basis;

function sentence(
  opening: string,
  basis: ShownBasis,
  from: string | undefined,
  until: string,
  rests: Record<ShownBasis, string>,
): string {
  const ending = basis === 'lapsed' ? en.mark.ended(dayText(until)) : en.mark.until(dayText(until));
  const times = [from && basis !== 'lapsed' && en.mark.since(dayText(from)), ending].filter(Boolean);
  return `${opening}, ${times.join(', ')}. ${rests[basis]}`;
}

export interface MarkOptions {
  /** Where the reasons are. */
  href?: string;
  /** Leaves out who grants it, where the page says so beside it. */
  plain?: boolean;
  /** The offer itself has ended, so nothing on it counts. */
  over?: boolean;
  /** Said behind the sentence of the mark. */
  more?: string;
}

export function labelMark(label: ListingLabel, page: Page, options: MarkOptions = {}): Html {
  const { schemes } = page.deps;
  const basis = options.over ? 'lapsed' : shown(label.basis, label.validUntil, page.now);
  const name = schemeShort(label.scheme, schemes);
  const level = levelName(label.scheme, label.level, schemes);
  const who = voucherName(label.by, page);
  return mark({
    name,
    basis,
    ...(level === name ? {} : { level }),
    reached: position(label.scheme, label.level, schemes),
    aside:
      basis === 'lapsed'
        ? dayText(label.validUntil)
        : label.own || options.plain
          ? undefined
          : `${en.listing.by} ${who}`,
    sentence: [
      sentence(
        en.mark.granted(who, labelName(label.scheme, label.level, schemes)),
        basis,
        label.since,
        label.validUntil,
        label.own ? en.mark.rests : en.mark.othersRests,
      ),
      ...(options.more ? [options.more] : []),
    ].join(' '),
    more: {
      href: options.href ?? credentialAddress(label.digest),
      text: options.href ? en.mark.reasons : en.mark.credential,
    },
  });
}

export function certificationMark(held: ListingCertification, page: Page, options: MarkOptions = {}): Html {
  const basis = options.over ? 'lapsed' : shown(held.basis, held.validUntil, page.now);
  const name = certificationName(held.scheme);
  const { rules } = page.deps.schemes.find(({ id }) => id === held.scheme) ?? {};
  const document = rules?.kind === 'certificates' ? line(rules.document, 60) : en.mark.document;
  const level = held.level ? levelName(held.scheme, held.level, page.deps.schemes) : document;
  const tookBack = held.ended && held.ended !== 'expired' ? en.mark.tookBack[held.ended] : undefined;
  const what = [name, held.level && level, held.scope && `(${line(held.scope, 120)})`].filter(Boolean).join(' ');
  const over = basis === 'lapsed' && !tookBack && Date.parse(held.validUntil) <= page.now.getTime();
  const states = en.mark.states(voucherName(held.issuer, page), what);
  return mark({
    name,
    basis,
    level,
    aside: tookBack ?? (over ? dayText(held.validUntil) : undefined),
    sentence:
      basis === 'lapsed' && !over
        ? `${[states, tookBack].filter(Boolean).join(', ')}. ${en.mark.certificateRests.lapsed}`
        : sentence(states, basis, undefined, held.validUntil, en.mark.certificateRests),
    more: { href: credentialAddress(held.digest), text: en.mark.credential },
  });
}

/**
 * The marks of a listing: own labels, then certificates. A label of another node is shown only where this node grants
 * none of that scheme; how others judge is told on the listing page.
 */
export function marks(
  item: { labels: ListingLabel[]; certifications: ListingCertification[] },
  page: Page,
  options: Omit<MarkOptions, 'href' | 'more'> & {
    reasons?: (label: ListingLabel) => string | undefined;
    more?: (label: ListingLabel) => string | undefined;
  } = {},
): Html {
  const { reasons, more, ...rest } = options;
  const own = item.labels.filter((label) => label.own);
  const all = [
    ...own.map((label) => labelMark(label, page, { ...rest, href: reasons?.(label), more: more?.(label) })),
    ...item.labels
      .filter((label) => !label.own && !own.some((mine) => mine.scheme === label.scheme))
      .map((label) => labelMark(label, page, rest)),
    // A certificate that a label of ours speaks of is not shown twice.
    ...item.certifications
      .filter((held) => held.basis !== 'verified' || !own.some((mine) => mine.scheme === held.scheme))
      .map((held) => certificationMark(held, page, rest)),
  ];
  const none = own.length === 0 ? html`<span class="mark none" title="${en.mark.noneWhy}">${en.mark.none}</span>` : '';
  return html`<div class="marks">${none}${all}</div>`;
}

/** A mark for a level that was just decided, without a credential to point to. */
export function levelMark(scheme: string, level: string, basis: ShownBasis, page: Page): Html {
  return html`<span class="mark ${basis}" title="${en.mark.rests[basis]}">${basisIcon[basis]}<span>${schemeShort(scheme, page.deps.schemes)}</span>${steps(
    position(scheme, level, page.deps.schemes)?.at ?? 0,
    position(scheme, level, page.deps.schemes)?.of ?? 0,
  )}<b>${levelName(scheme, level, page.deps.schemes)}</b><span class="vh">, ${en.basis[basis].word}</span></span>`;
}

const KEY: ShownBasis[] = ['verified', 'attested', 'claimed', 'unknown', 'lapsed'];

/** The five signs with their meaning, so that nobody has to guess what "attested" says. */
export function basisKey(): Html {
  const rows = KEY.map((basis) => html`<div><dt>${basisTag(basis)}</dt><dd>${en.basis[basis].means}</dd></div>`);
  return html`<dl class="basis-key">${rows}</dl>`;
}
