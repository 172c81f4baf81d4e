/**
 * What the sample data says, before it is put into Gaia-X terms. Companies are invented; the builders in `build/`
 * turn each into the credentials a real provider would sign.
 */

export type HonestNode = 'alpha' | 'beta' | 'gamma';

export interface Company {
  slug: string;
  name: string;
  about: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** Town of the seat. */
  city: string;
  street: string;
  postalCode: string;
  /** The node it publishes at. */
  node: HonestNode;
  alg: 'EdDSA' | 'ES256';
  signs: 'vc+jwt' | 'data-integrity';
  /** VAT number, looked up by the notary. */
  vat: string;
  languages: string[];
  hours: string;
  /** False where the company has not accepted the Gaia-X terms. */
  acceptsTerms?: false;
  /** Who owns it in the end, where that is somebody else. */
  ultimateParent?: { name: string; country: string };
  subContractors: SubContractor[];
  /** Transfers of personal data to countries outside the EU and EEA. */
  thirdCountries?: { country: string; reason: string; scope: string; securing: string[] }[];
  sites: Site[];
  /** Certificates about the company as a whole. */
  certificates?: Certificate[];
  offerings: Offering[];
  dataProducts?: DataProduct[];
}

export interface SubContractor {
  name: string;
  country: string;
}

export interface Site {
  id: string;
  name: string;
  city: string;
  country: string;
  latitude: number;
  longitude: number;
  zone: string;
  energy: Energy;
}

export interface Energy {
  sources: string[];
  /** Shares 0..1. */
  renewable: number;
  carbonFree: number;
  pue: number;
  /** L/kWh */
  wue: number;
  heatReuse: boolean;
}

/** Who is asked for a certificate: a body of `issuers.ts`, or `self` where the provider only says so. */
export interface Certificate {
  by: 'iso' | 'c5' | 'scs' | 'national' | 'codes' | 'mill' | 'self';
  scheme: string;
  edition: string;
  level?: string;
  certificateType?: string;
  scope: string;
  /** What a claim of one's own says beyond that; bodies say it by their registers. `covers`: slugs of offerings. */
  covers?: string[];
  report?: Report;
}

/** What an auditor's report says of itself. */
export interface Report {
  opinion: string;
  /** Months ago that the period began and ended; the same twice: a report as of one day. */
  period: [from: number, until: number];
}

export type OfferingKind =
  | 'vm'
  | 'bare-metal'
  | 'container'
  | 'object-storage'
  | 'block-storage'
  | 'file-storage'
  | 'function'
  | 'network'
  | 'catalogue'
  | 'service';

/** What is common to service offerings and data products. */
export interface Product {
  slug: string;
  name: string;
  description: string;
  keywords: string[];
  /** Ids of the company's sites it runs at; default: all. */
  sites?: string[];
  /** Country of the backup, where there is one. */
  backup?: string;
  customerChoosesLocation?: boolean;
  exit?: Exit;
  interfaces?: string[];
  protocols?: string[];
  licences?: string[];
  buildable?: boolean;
  keyHolder?: 'customer' | 'provider' | 'third-party';
  confidential?: string[];
  disconnected?: boolean;
  ai?: Ai;
  price?: Price;
  /** `company/slug` of offerings it rests on. */
  dependsOn?: string[];
  dependencies?: { kind: 'service' | 'software' | 'hardware'; name: string; supplier: string; country: string }[];
  operatedBy?: { name: string; country: string };
  certificates?: Certificate[];
  /** Answers to the EU Cloud Sovereignty Framework: choice by criterion. */
  seal?: Record<string, number>;
  /** Law the contract can be put under; default: the company's own country. */
  law?: string[];
  /** Gaia-X property or document names that this provider left out. */
  omit?: string[];
}

export interface Offering extends Product {
  kind: OfferingKind;
  /** Virtual machine or server size. */
  flavour?: Flavour;
  /** `licence`: SPDX id, or the URL of a licence of its own. */
  image?: { name: string; licence: string; owner: string };
}

export interface DataProduct extends Product {
  launched: string;
  licence: string;
  parameter: { name: string; description: string; values: string[] };
}

export interface Exit {
  noticeDays: number;
  retrievalDays: number;
  charges: 'none' | 'at-cost' | 'charged';
  help: boolean;
  testedOn?: string;
  formats: string[];
}

export interface Ai {
  model?: string;
  openWeights?: boolean;
  licence?: string;
  inference?: string[];
  training?: string[];
  logging?: string;
  accelerator?: { type: string; count: number };
  role?: string;
}

export interface Price {
  model: string;
  amount: number;
  unit: string;
  currency: string;
  minimumTerm?: string;
  framework?: string;
}

export interface Flavour {
  vcpus: number;
  memoryGb: number;
  diskGb: number;
  architecture: 'x86-64' | 'AArch-64' | 'RISC-V';
  gpu?: { vendor: string; generation: string; memoryGb: number };
}
