/** One change to the headers of a message: set to a value, or taken out. */
export interface HeaderEdit {
  readonly name: string;
  /** Lower case, with `_` read as `-`. */
  readonly key: string;
  /** Undefined: the header is taken out. */
  readonly value: string | undefined;
}

/** What is done to the requests and answers of one resource: the policies of its API, then its own. */
export interface CompiledMediation {
  readonly request: readonly HeaderEdit[];
  readonly response: readonly HeaderEdit[];
  readonly fault: readonly HeaderEdit[];
  /** A JSON body goes to the backend as XML. */
  readonly sendsXml: boolean;
  /** A token with one of these scopes is good for one call. */
  readonly oneTimeScopes: readonly string[];
  /** Seconds an answer may be given again; 0: never. */
  readonly cacheSeconds: number;
  /** What requests and answers are held against; undefined: nothing. */
  readonly contract: OperationContract | undefined;
  /**
   * Some of it cannot be done. The resource is then not served: a header that the backend relies on would be missing, or
   * a request would pass that was to be checked.
   */
  readonly isBroken: boolean;
}

/** The head of a request as far as contracts look at it. */
export interface ContractedHead {
  /** The path behind the context, byte for byte. */
  readonly suffix: string;
  readonly query: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly hasBody: boolean;
}

export interface ContractedAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * One operation of an OpenAPI document. Each check says what does not fit, in words, without the values that were sent;
 * undefined when all fits. A check throws when its schemas cannot be compiled, which is done when they are first needed.
 */
export interface OperationContract {
  checkHead(head: ContractedHead): string | undefined;
  /** Whether the body of this kind of content is checked, and has to be read for it. */
  readsBody(rawHeaders: readonly string[]): boolean;
  checkBody(rawHeaders: readonly string[], body: Buffer): string | undefined;
  /** False: no answer of this operation is looked at. */
  readonly readsAnswers: boolean;
  /** Whether an answer with this head is one of those that are; all others stream. */
  readsAnswer(status: number, headers: readonly string[]): boolean;
  checkAnswer(answer: ContractedAnswer): string | undefined;
}
