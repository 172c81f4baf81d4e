import { loopbackDid, loopbackUrl } from './build/identity.ts';

/** Those who vouch in the demo: each a process of its own, with its own key and its own register. */
export interface IssuerRole {
  id: 'notary' | 'iso' | 'c5' | 'scs' | 'national' | 'mill' | 'codes';
  name: string;
  role: 'registration-number' | 'certificate';
  /** Schemes of its mandate in the demo's trust list; absent: it is on nobody's list. */
  schemes?: string[];
  trusted: boolean;
  alg: 'EdDSA' | 'ES256';
}

export const ISSUERS: readonly IssuerRole[] = [
  {
    id: 'notary',
    name: 'Europäisches Registernotariat (demo)',
    role: 'registration-number',
    trusted: true,
    alg: 'ES256',
  },
  {
    id: 'iso',
    name: 'Nordlicht Zertifizierung AG (demo)',
    role: 'certificate',
    schemes: ['iso-27001'],
    trusted: true,
    alg: 'EdDSA',
  },
  {
    id: 'c5',
    name: 'Hansa Revision Wirtschaftsprüfung GmbH (demo)',
    role: 'certificate',
    schemes: ['bsi-c5'],
    trusted: true,
    alg: 'ES256',
  },
  {
    id: 'scs',
    name: 'Offene Prüfstelle SCS e.V. (demo)',
    role: 'certificate',
    schemes: ['scs-compatible-iaas', 'scs-compatible-kaas'],
    trusted: true,
    alg: 'EdDSA',
  },
  {
    id: 'national',
    name: 'Observatoire des Qualifications (demo)',
    role: 'certificate',
    schemes: ['secnumcloud', 'ens'],
    trusted: true,
    alg: 'EdDSA',
  },
  {
    id: 'codes',
    name: 'Verhaltenskodex Aufsicht ASBL (demo)',
    role: 'certificate',
    schemes: ['eu-cloud-coc', 'cndcp'],
    trusted: true,
    alg: 'ES256',
  },
  { id: 'mill', name: 'Prestige Seals & Awards Ltd (demo)', role: 'certificate', trusted: false, alg: 'EdDSA' },
];

/** Ports of a demo: nodes at the base, issuers from base + 11, provider hosts from base + 21. */
export const ports = (base: number) => ({
  node: (index: number) => base + index,
  hostile: base + 3,
  issuer: (id: IssuerRole['id']) => base + 11 + ISSUERS.findIndex((issuer) => issuer.id === id),
  provider: (index: number) => base + 21 + index,
});

export const issuerDid = (base: number, id: IssuerRole['id']): string => loopbackDid(ports(base).issuer(id));
export const issuerUrl = (base: number, id: IssuerRole['id']): string => loopbackUrl(ports(base).issuer(id));
