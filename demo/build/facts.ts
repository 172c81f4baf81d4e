import type { Ai, Product, Site } from '../model.ts';
import { legalPage } from './documents.ts';
import { monthsFrom } from './evidence.ts';
import { legalUrl, lookUpOffering, type Provider } from './identity.ts';
import { multibaseDigest, type Node, reference, said } from './values.ts';

/** The sites a product runs at. @throws when the sample names a site its company does not have */
export function sitesOf(provider: Provider, product: Product): Site[] {
  const { sites } = provider.company;
  return (product.sites ?? sites.map(({ id }) => id)).map((id) => {
    const site = sites.find((one) => one.id === id);
    if (!site)
      throw new Error(`${provider.company.slug}/${product.slug} names the site ${id}, which the company does not have`);
    return site;
  });
}

const distinct = <T>(values: T[]): T[] => [...new Set(values)];

/** What 25.11 has no term for and a buyer asks all the same, in Kontor's own vocabulary. */
export function commonFacts(provider: Provider, product: Product, providers: Provider[]): Node {
  const { company } = provider;
  const sites = sitesOf(provider, product);
  return said({
    'gx:dependsOn': (product.dependsOn ?? []).map((name) => reference(lookUpOffering(providers, name))),
    'kontor:attester': [...(product.certificates ?? []), ...(company.certificates ?? [])].some(
      ({ by }) => by === 'mill',
    )
      ? provider.attesters
      : undefined,
    'kontor:sealAssessment': product.seal && sealAnswers(product.seal),
    'kontor:dataLocation': locations(provider, product, sites),
    'kontor:customerChoosesLocation': product.customerChoosesLocation,
    'kontor:exitPlan': exitPlan(provider, product),
    'kontor:openInterface': product.interfaces,
    'kontor:protocol': product.protocols,
    'kontor:stackLicence': product.licences,
    'kontor:buildable': product.buildable,
    'kontor:encryption': product.keyHolder && {
      type: 'kontor:Encryption',
      'kontor:atRest': true,
      'kontor:inTransit': true,
      'kontor:keyHolder': product.keyHolder,
    },
    'kontor:confidentialComputing': product.confidential,
    'kontor:operations': said({
      type: 'kontor:Operations',
      'kontor:supportCountry': distinct([
        company.country,
        ...(company.thirdCountries ?? []).map(({ country }) => country),
      ]),
      'kontor:language': company.languages,
      'kontor:hours': company.hours,
      'kontor:disconnectedOperation': product.disconnected,
    }),
    'kontor:ai': product.ai && ai(product.ai),
    'kontor:environment': said({
      type: 'kontor:Environment',
      'kontor:energySource': distinct(sites.flatMap(({ energy }) => energy.sources)),
      'kontor:heatReuse': sites.some(({ energy }) => energy.heatReuse),
    }),
    'kontor:price':
      product.price &&
      said({
        type: 'kontor:Price',
        'kontor:priceModel': product.price.model,
        'kontor:amount': product.price.amount,
        'kontor:unit': product.price.unit,
        'kontor:currency': product.price.currency,
        'kontor:minimumTerm': product.price.minimumTerm,
        'kontor:framework': product.price.framework,
      }),
    'kontor:site': sites.map((site) => ({
      type: 'kontor:Site',
      'kontor:siteName': site.name,
      'kontor:country': site.country,
      'kontor:latitude': site.latitude,
      'kontor:longitude': site.longitude,
      'kontor:latencyZone': site.zone,
    })),
    'kontor:operatedBy': product.operatedBy && {
      type: 'kontor:Party',
      'kontor:partyName': product.operatedBy.name,
      'kontor:country': product.operatedBy.country,
    },
    'kontor:dependency': (product.dependencies ?? []).map(({ kind, name, supplier, country }) => ({
      type: 'kontor:Dependency',
      'kontor:dependencyKind': kind,
      'kontor:dependencyName': name,
      'kontor:supplier': supplier,
      'kontor:country': country,
    })),
  });
}

function locations({ company }: Provider, product: Product, sites: Site[]): Node[] {
  const at = (purpose: string, country: string, locality?: string) =>
    said({
      type: 'kontor:DataLocation',
      'kontor:purpose': purpose,
      'kontor:country': country,
      'kontor:locality': locality,
    });
  const abroad = (company.thirdCountries ?? []).map(({ country }) => country);
  return [
    ...sites.flatMap((site) => [at('storage', site.country, site.city), at('processing', site.country, site.city)]),
    ...(product.backup ? [at('backup', product.backup)] : []),
    at('metadata', sites[0]!.country, sites[0]!.city),
    ...distinct([company.country, ...abroad]).map((country) => at('support', country)),
  ];
}

/** Answered a month ago: what is older than a year does not count. */
const sealAnswers = (answers: Record<string, number>): Node => ({
  type: 'kontor:SealAssessment',
  'kontor:scheme': 'ec-csf',
  'kontor:edition': 'calculator-2026-06-01',
  'kontor:assessedOn': monthsFrom(new Date(), -1).toISOString().slice(0, 10),
  'kontor:answer': Object.entries(answers).map(([id, choice]) => ({
    type: 'kontor:SealAnswer',
    'kontor:criterionId': id,
    'kontor:choice': choice,
  })),
});

function exitPlan(provider: Provider, { exit }: Product): Node | undefined {
  if (!exit) return undefined;
  return said({
    type: 'kontor:ExitPlan',
    'kontor:url': legalUrl(provider, 'exit-plan'),
    'kontor:digestMultibase': multibaseDigest(legalPage(provider.company, 'exit-plan')),
    'kontor:noticeDays': exit.noticeDays,
    'kontor:retrievalDays': exit.retrievalDays,
    'kontor:switchingCharges': exit.charges,
    'kontor:migrationHelp': exit.help,
    'kontor:testedOn': exit.testedOn,
    'kontor:exportFormat': exit.formats,
  });
}

const ai = (facts: Ai): Node =>
  said({
    type: 'kontor:AiService',
    'kontor:model': facts.model,
    'kontor:openWeights': facts.openWeights,
    'kontor:licence': facts.licence,
    'kontor:inferenceCountry': facts.inference,
    'kontor:trainingCountry': facts.training,
    'kontor:logging': facts.logging,
    'kontor:accelerator': facts.accelerator && {
      type: 'kontor:Accelerator',
      'kontor:acceleratorType': facts.accelerator.type,
      'kontor:acceleratorCount': facts.accelerator.count,
    },
    'kontor:aiActRole': facts.role,
  });
