import { html } from 'hono/html';
import type { ListingDetail } from '../catalogue/listing.ts';
import type { Page } from './deps.ts';
import { credentialAddress, type Html, listingAddress, rawAddress } from './format.ts';
import { en } from './texts/en.ts';

const t = en.listing;
/** Credentials fetched by the commands of the label at most. */
const LIMIT = 12;

const command = (text: string, name: string): Html =>
  html`<pre tabindex="0" aria-label="${name}"><code>${text}</code></pre><button type="button" class="copy" data-copy="${text}" data-done="${en.copied}" hidden>${en.copy}</button>`;

/** The file a credential is kept in; what it is read from its content, so a name says enough. */
const fileName = (item: ListingDetail): string =>
  `credential.${item.credential.mediaType.includes('jwt') ? 'jwt' : 'json'}`;

/** Everything else a label rests on: the provider's self-description, and what others signed. */
function restsOn(item: ListingDetail): { file: string; digest: string }[] {
  const company = item.providerListing ? [{ file: 'company.vc', digest: item.providerListing.digest }] : [];
  const evidence = item.evidence.map((one, index) => ({ file: `evidence-${index + 1}.vc`, digest: one.digest }));
  return [...company, ...evidence].slice(0, LIMIT);
}

/** How anybody repeats what this node did: against its answers, from one file, or step by step from the bytes on. */
export function verifySection(item: ListingDetail, page: Page): Html {
  const { url, privateNetwork } = page.deps.node;
  const prefix = privateNetwork ? 'KONTOR_ALLOW_PRIVATE_NETWORK=true ' : '';
  const check = `${prefix}./kontor check`;
  const fetchIt = (digest: string, file: string) => `curl -s ${url}${rawAddress(digest)} -o ${file}`;
  const file = fileName(item);
  const credential = [fetchIt(item.digest, file), `${check} ${file}`].join('\n');
  const rests = restsOn(item);
  const label = [
    ...rests.map((one) => fetchIt(one.digest, one.file)),
    `curl -s ${url}/api/v1/trust -o trust.json`,
    `${check} ${file} --provider ${rests.map((one) => one.file).join(' ')} --trust trust.json`,
  ].join('\n');
  const address = listingAddress(item.key);
  const bundle = `${item.key}.bundle.json`;
  // Of what is over nothing is decided, so there is nothing to decide again.
  const current =
    item.state === 'current' &&
    html`<p class="note">${t.verifyNote}</p>${command(`${check} ${url}${address}`, t.verify)}<p class="note">${t.verifyBundle}</p><p class="links"><a href="/api/v1${address}/evidence" download="${bundle}">${t.bundle}</a></p>${command(`./kontor verify ${bundle}`, t.bundle)}`;
  const steps = html`<p class="note">${t.verifyCredential}</p>${command(credential, t.verifyCommands.credential)}${
    rests.length > 0 && html`<p class="note">${t.verifyTrust}</p>${command(label, t.verifyCommands.labels)}`
  }`;
  return html`<section class="panel" id="verify"><h2>${t.verify}</h2>${
    current ? html`${current}<details class="fold"><summary>${t.verifySteps}</summary>${steps}</details>` : steps
  }<p class="links"><a href="${credentialAddress(item.digest)}">${t.decoded}</a> <a href="${rawAddress(item.digest)}" download="${file}">${t.raw}</a> <a href="/api/v1${address}">${t.json}</a></p></section>`;
}
