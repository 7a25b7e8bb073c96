from types import SimpleNamespace

global_worker = SimpleNamespace(gcs_client=None)
