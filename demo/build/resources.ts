import type { Flavour, Offering, Site } from '../model.ts';
import type { Provider } from './identity.ts';
import { address, day, float, gigabytes, type Node, reference, said, uri } from './values.ts';

/** A data centre with its zone, energy and water, as gx:Datacenter of 25.11. */
export function datacentre(provider: Provider, site: Site, omit: string[] = []): Node {
  const { energy } = site;
  return said({
    id: `${provider.url}/sites/${site.id}`,
    type: 'gx:Datacenter',
    name: site.name,
    // Coordinates stand in kontor:site, once; repeated here they would be further sites.
    'gx:location': address({ country: site.country, city: site.city }),
    'gx:maintainedBy': reference(provider.did),
    'gx:aggregationOfResources': {
      id: `${provider.url}/sites/${site.id}#zone-a`,
      type: 'gx:AvailabilityZone',
      name: `${site.name}, zone A`,
    },
    'gx:energyUsageEfficiency': omit.includes('energyUsageEfficiency')
      ? undefined
      : { type: 'gx:EnergyUsageEfficiency', 'gx:powerUsageEffectiveness': float(energy.pue) },
    'gx:waterUsageEffectiveness': omit.includes('waterUsageEffectiveness')
      ? undefined
      : { type: 'gx:WaterUsageEffectiveness', 'gx:waterUsageEffectiveness': float(energy.wue) },
    'gx:energyMix': omit.includes('energyMix')
      ? undefined
      : {
          type: 'gx:EnergyMix',
          'gx:renewableEnergy': float(energy.renewable),
          'gx:hourlyCarbonFreeEnergy': float(energy.carbonFree),
          'gx:attainmentDate': day('2025-12-31'),
        },
  });
}

const serverFlavour = ({ vcpus, memoryGb, diskGb, architecture, gpu }: Flavour, confidential: string[] = []): Node =>
  said({
    type: 'gx:ServerFlavor',
    'gx:cpu': {
      type: 'gx:CpuCapabilities',
      'gx:pCPU': { type: 'gx:CPU', 'gx:cpuArchitecture': architecture },
      'gx:vCPUs': vcpus,
    },
    'gx:memory': {
      type: 'gx:MemoryCapabilities',
      'gx:memory': { type: 'gx:Memory', 'gx:memorySize': gigabytes(memoryGb), 'gx:eccEnabled': true },
    },
    'gx:bootVolume': { type: 'gx:Disk', 'gx:diskSize': gigabytes(diskGb), 'gx:diskBusType': 'NVMe' },
    'gx:gpu': gpu && {
      type: 'gx:GPU',
      'gx:vendor': gpu.vendor,
      'gx:generation': gpu.generation,
      'gx:gpuMemory': gigabytes(gpu.memoryGb),
    },
    'gx:confidentialComputing': confidential[0] && {
      type: 'gx:ConfidentialComputing',
      'gx:technology': confidential[0],
    },
  });

function image(type: string, provider: Provider, offering: Offering): Node {
  const { name, licence, owner } = offering.image ?? {
    name: 'Debian 13',
    licence: 'GPL-2.0-or-later',
    owner: 'The Debian contributors',
  };
  const common = {
    type,
    name,
    'gx:copyrightOwnedBy': owner,
    'gx:license': licence.startsWith('https://') ? uri(licence) : licence,
    'gx:resourcePolicy': 'allow',
  };
  if (type !== 'gx:ContainerImage') return common;
  const link = uri(`${provider.url}/images/${offering.slug}`);
  return {
    ...common,
    'gx:containerFormat': 'oci',
    'gx:baseContainerImage': { type: 'gx:BaseContainerImage', 'gx:containerImageLink': link },
  };
}

const keyManagement = { customer: 'HYOK', provider: 'managed', 'third-party': 'BYOK' };
const DEFAULT_FLAVOUR: Flavour = { vcpus: 4, memoryGb: 16, diskGb: 80, architecture: 'x86-64' };

/** The most specific class of each kind of offering, and the properties that its shape asks for. */
export function specifics(provider: Provider, offering: Offering): Node & { type: string } {
  const encryption = {
    type: 'gx:Encryption',
    'gx:cipher': 'AES',
    'gx:keyManagement': keyManagement[offering.keyHolder ?? 'provider'],
  };
  const flavour = serverFlavour(offering.flavour ?? DEFAULT_FLAVOUR, offering.confidential);
  const storage = (type: string) => ({ 'gx:storageConfiguration': { type, 'gx:storageEncryption': encryption } });
  switch (offering.kind) {
    case 'vm':
      return {
        type: 'gx:VirtualMachineServiceOffering',
        'gx:codeArtifact': image('gx:VMImage', provider, offering),
        'gx:instantiationReq': flavour,
        'gx:tenantSeparation': 'hw-virtualized',
      };
    case 'bare-metal':
      return {
        type: 'gx:BareMetalServiceOffering',
        'gx:codeArtifact': image('gx:PXEImage', provider, offering),
        'gx:instantiationReq': flavour,
      };
    case 'container':
      return {
        type: 'gx:ContainerServiceOffering',
        'gx:codeArtifact': image('gx:ContainerImage', provider, offering),
        'gx:instantiationReq': {
          type: 'gx:ContainerResourceLimits',
          'gx:confidential': (offering.confidential ?? []).length > 0,
        },
      };
    case 'object-storage':
      return {
        type: 'gx:ObjectStorageServiceOffering',
        ...storage('gx:StorageConfiguration'),
        'gx:objectAPICompatibility': 'S3',
        'gx:versioning': true,
      };
    case 'block-storage':
      return { type: 'gx:BlockStorageServiceOffering', ...storage('gx:BlockStorageConfiguration') };
    case 'file-storage':
      return { type: 'gx:FileStorageServiceOffering', ...storage('gx:FileStorageConfiguration') };
    case 'function':
      return {
        type: 'gx:ComputeFunctionServiceOffering',
        'gx:computeFunctionConfiguration': {
          type: 'gx:ComputeFunctionConfiguration',
          'gx:computeFunctionRuntime': {
            type: 'gx:ComputeFunctionRuntime',
            'gx:supportedLanguage': 'python',
            'gx:supportedVersion': '3.13',
          },
        },
      };
    case 'network':
      return {
        type: 'gx:NetworkConnectivityServiceOffering',
        'gx:connectivityConfiguration': { type: 'gx:ConnectivityConfiguration', name: offering.name },
        'gx:ipVersion': 'IPv6',
      };
    case 'catalogue':
      return { type: 'gx:DataProductCatalogue' };
    case 'service':
      return { type: 'gx:ServiceOffering' };
  }
}
