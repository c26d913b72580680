// Breaks the rules on purpose; see ../../../../../boundaries.test.ts.
import type { TokenService } from '@keygate/proto/keymanager/v1/token';
import type { Observable } from 'rxjs';
import type { Storage } from '../../../../../../../apps/key-manager/src/storage/storage.js';

export type Canary = [TokenService, Observable<unknown>, Storage];
