import type { Provider } from './build/identity.ts';
import { serviceOffering } from './build/offering.ts';
import { euros, plainExit, size } from './companies/presets.ts';
import { eachOf, post } from './http.ts';
import type { Offering, OfferingKind } from './model.ts';
import { signedJwt } from './providers.ts';
import { type PublishContext, validityFrom } from './publish.ts';

const KINDS: OfferingKind[] = ['vm', 'container', 'object-storage', 'bare-metal', 'block-storage', 'service'];
const NAMES = ['Machines', 'Containers', 'Objects', 'Servers', 'Volumes', 'Workplace'];
const GRADES = ['Small', 'Medium', 'Large', 'Extra', 'Reserve', 'Spot', 'Night', 'Campus', 'Quay', 'Forest'];
const PARALLEL = 8;

/** The n-th generated offering of a company: the same number gives the same offering. */
function generated(provider: Provider, n: number): Offering {
  const at = n % KINDS.length;
  const grade = GRADES[Math.floor(n / KINDS.length) % GRADES.length]!;
  const site = provider.company.sites[n % provider.company.sites.length]!;
  const omitted = ['servicePolicy', 'CustomerAuditingRights', 'EnvironmentalImpactReport', 'dataPortability'];
  return {
    slug: `generated-${n}`,
    kind: KINDS[at]!,
    name: `${site.city} ${grade} ${NAMES[at]} ${n}`,
    description: `A generated offering of ${provider.company.name} at ${site.name}, number ${n}.`,
    keywords: ['generated', KINDS[at]!],
    sites: [site.id],
    flavour: size(2 ** (1 + (n % 6)), 2 ** (2 + (n % 6))),
    exit: plainExit(['tar'], 30 + (n % 4) * 30),
    interfaces: at === 2 ? ['S3'] : ['OpenStack', 'Kubernetes'].slice(0, 1 + (n % 2)),
    licences: n % 3 === 0 ? ['Apache-2.0'] : [],
    keyHolder: n % 2 === 0 ? 'customer' : 'provider',
    price: euros((10 + (n % 90)) / 1000, 'unit hour'),
    omit: n % 5 === 0 ? [omitted[n % omitted.length]!] : [],
  };
}

/** Publishes generated listings beside the samples. @returns how many were taken */
export async function seedListings(
  count: number,
  context: PublishContext,
  progress: (done: number) => void,
): Promise<number> {
  const { providers } = context;
  const validity = validityFrom(new Date(Date.now() - 1_000));
  let taken = 0;
  await eachOf(Array.from({ length: count }, (_, n) => n).values(), PARALLEL, async (n) => {
    const provider = providers[n % providers.length]!;
    const signed = await signedJwt(
      serviceOffering(provider, generated(provider, n), validity, providers),
      provider.key,
    );
    const { status, body } = await post(context.nodeUrl(provider), signed);
    if (status !== 201) throw new Error(`The generated listing ${n} was not taken: ${status} ${body.detail ?? ''}`);
    taken++;
    if (taken % 20 === 0) progress(taken);
  });
  return taken;
}
