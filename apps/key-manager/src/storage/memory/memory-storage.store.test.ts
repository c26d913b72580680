import { storageContract } from '../storage.contract.js';
import { createMemoryStorage } from './memory-storage.js';

storageContract(async (clock) => ({ storage: createMemoryStorage({ clock }), cleanUp: async () => undefined }));
