/** Only the calls we use of packages that ship no types. */
declare module 'base58-universal' {
  export function encode(bytes: Uint8Array): string;
  export function decode(text: string): Uint8Array | undefined;
}
declare module '@digitalbazaar/vc' {
  type Loader = (url: string) => Promise<{ contextUrl: null; documentUrl: string; document: unknown; tag?: string }>;
  export function verifyCredential(options: {
    credential: object;
    suite: object | object[];
    documentLoader: Loader;
    purpose?: object;
    now?: Date;
    checkStatus?: unknown;
  }): Promise<{
    verified: boolean;
    error?: unknown;
    results?: { verified: boolean; error?: unknown; proof: Record<string, unknown> }[];
  }>;
}
declare module '@digitalbazaar/data-integrity' {
  export class DataIntegrityProof {
    constructor(options: { signer?: object; date?: string | Date; cryptosuite: object });
  }
}
declare module '@digitalbazaar/eddsa-rdfc-2022-cryptosuite' {
  export const cryptosuite: {
    canonize: (input: object, options: object) => Promise<string>;
    createVerifier: (options: { verificationMethod: object }) => Promise<object>;
    name: string;
    requiredAlgorithm: string;
  };
}
declare module '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite' {
  export const cryptosuite: object;
}
declare module '@digitalbazaar/credentials-context' {
  export const contexts: Map<string, object>;
}
declare module '@digitalbazaar/data-integrity-context' {
  export const contexts: Map<string, object>;
}
declare module 'jsonld' {
  interface Options {
    documentLoader?: (url: string) => Promise<object>;
    safe?: boolean;
    base?: string | null;
    format?: string;
    algorithm?: string;
    rdfDirection?: string;
    skipExpansion?: boolean;
    canonizeOptions?: object;
  }
  const jsonld: {
    expand(input: object, options: Options): Promise<object[]>;
    canonize(input: object, options: Options): Promise<string>;
  };
  export default jsonld;
}
declare module 'jsonld-signatures' {
  const jsigs: {
    purposes: { AssertionProofPurpose: new () => object };
    verify(
      document: object,
      options: { suite: object; purpose: object; documentLoader: unknown; now?: Date },
    ): Promise<{ verified: boolean; error?: unknown }>;
  };
  export default jsigs;
}
declare module '@digitalbazaar/vc-status-list-context' {
  export const contexts: Map<string, object>;
}
declare module 'ed25519-signature-2020-context' {
  export const contexts: Map<string, object>;
}
