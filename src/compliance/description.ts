/**
 * The normalised description: what a listing can answer, whatever vocabulary it came in. Filled by mappings kept as
 * data in shapes/mappings; its JSON Schema is shapes/description.schema.json. Label schemes, search, compare and
 * exports read only this. An absent member means "not said": it is shown as unknown and never counts as good.
 */
export interface Description {
  kind: Kind;
  /** Most specific known type, shortened, for example `gx:VirtualMachineServiceOffering`. */
  type: string;
  /** Subject id. */
  id: string;
  name: string;
  description?: string;
  keywords: string[];
  /** The participant that provides the offering, as referenced: its id, and its name where given inline. */
  provider?: { id?: string; name?: string };

  /** 1: where data, backups, metadata and support are. `country` is ISO 3166-1 alpha-2. */
  locations: Location[];
  customerChoosesLocation?: boolean;
  /** 2: whose law reaches it, as far as this credential says (the graph of listings says more). */
  jurisdictions: { role: JurisdictionRole; country: string; party?: string }[];
  /** 3: what and who else is behind it. */
  dependencies: {
    kind: 'service' | 'software' | 'hardware' | 'resource';
    id?: string;
    name?: string;
    supplier?: string;
    country?: string;
  }[];
  /** 4: leaving. Days and charges as promised. */
  exit?: {
    documents: { url?: string; digest?: string }[];
    formats: string[];
    noticeDays?: number;
    retrievalDays?: number;
    charges?: 'none' | 'at-cost' | 'charged';
    migrationHelp?: boolean;
    /** ISO date of the last rehearsal. */
    testedOn?: string;
  };
  /** 5: openness. Licences as SPDX ids. */
  openness?: { interfaces: string[]; licences: string[]; buildable?: boolean };
  /** 6: security as claimed; certificates by third parties are evidence, not description. */
  security?: {
    atRest?: boolean;
    inTransit?: boolean;
    keyHolder?: 'customer' | 'provider' | 'third-party';
    standards: string[];
    confidentialComputing: string[];
  };
  /** 7: who runs it. */
  operations?: { supportCountries: string[]; languages: string[]; hours?: string; disconnected?: boolean };
  /** 8: AI. */
  ai?: {
    model?: string;
    openWeights?: boolean;
    licence?: string;
    inferenceCountries: string[];
    trainingCountries: string[];
    logging?: string;
    accelerators: { type: string; count?: number }[];
    actRole?: string;
  };
  /** 9: environment. Shares are 0..1; PUE is dimensionless, WUE in L/kWh. */
  environment?: {
    energySources: string[];
    renewableShare?: number;
    carbonFreeShare?: number;
    pue?: number;
    wue?: number;
    /** The date on which the energy mix was or will be attained; the latest of several sites. */
    attainedOn?: string;
    heatReuse?: boolean;
    certified?: boolean;
  };
  /** 10: price as published. */
  pricing: {
    model?: string;
    amount?: number;
    unit?: string;
    currency?: string;
    minimumTerm?: string;
    frameworks: string[];
  }[];
  /** 11: near: sites with coordinates. Degrees, WGS 84. */
  sites: { name?: string; country?: string; latitude?: number; longitude?: number; latencyZone?: string }[];

  /** What the provider calls itself: true where name, description or keywords use the word sovereign (any language known). */
  claimsSovereignty: boolean;
  protocols: string[];
  /** DIDs whose statements about it the owner accepts to be shown, beside those on a node's trust list. */
  attesters?: string[];

  /** The provider's own answers to the criteria of a graded scheme; `choice` 1 is the lowest answer of a criterion. */
  assessment?: {
    scheme?: string;
    edition?: string;
    /** ISO date of the answers. */
    assessedOn?: string;
    answers: { criterion: string; choice: number }[];
  };

  /** The contract side, as label criteria ask for it. */
  documents: { type: string; url?: string; digest?: string; governingLaw: string[]; parties: string[] }[];
  terms: { url?: string; hash?: string }[];
  contact?: { url?: string; email?: string; phone?: string };
  policies: { language?: string; url?: string }[];
  measures: { description?: string; documents: number }[];
  instructions: { terms?: string; means?: string }[];
  subContractors: {
    name?: string;
    jurisdictions: string[];
    communicationMethods: number;
    informationDocuments: number;
  }[];
  /** Explicit statements that there is none: an empty list alone is silence and proves nothing. */
  noSubContractors?: boolean;
  noThirdCountryTransfer?: boolean;
  noSubProcessors?: boolean;
  transfers: {
    kind: 'third-country' | 'sub-processor';
    country?: string;
    reason?: string;
    scope?: string;
    securing: string[];
    management: boolean;
  }[];
  portability: {
    means: boolean;
    documentations: boolean;
    legalDocument: boolean;
    deletionMethods: boolean;
    deletionTimeframe: boolean;
    formats: string[];
    pricing: boolean;
  }[];
  /** Ids and kinds of resources it rests on (datacentres, points of presence, regions). */
  resources: { id?: string; type: string; countries: string[] }[];

  /** For participants: registration numbers referenced or stated, both addresses, parents. */
  participant?: {
    registrations: { id?: string; type: string; value?: string }[];
    headquarters?: string;
    legalAddress?: string;
    parents: { id?: string; name?: string; country?: string }[];
  };
}

export type Kind = 'participant' | 'offering' | 'data-product' | 'resource';

export interface Location {
  purpose: 'storage' | 'processing' | 'backup' | 'support' | 'metadata' | 'hosting';
  country: string;
  locality?: string;
}

export type JurisdictionRole =
  | 'legal-address'
  | 'headquarters'
  | 'parent'
  | 'operator'
  | 'sub-processor'
  | 'governing-law'
  | 'transfer';
