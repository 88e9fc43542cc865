package dev.millrace.internal.rocksdb;

import dev.millrace.internal.state.store.MemoryStateStores;
import dev.millrace.internal.state.store.StateStores;

/** The implementations that must all behave the same. */
enum StoreKind {
  MEMORY {
    @Override
    StateStores stores() {
      return new MemoryStateStores();
    }
  },
  ROCKSDB {
    @Override
    StateStores stores() {
      return new RocksDbStateStores(new StateMemory(8L << 20));
    }
  };

  abstract StateStores stores();
}
