import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_vllm as vllm

config = pulumi.Config()
kubeconfig = config.require_secret("kubeconfig")
cluster = kubernetes.Provider("cluster", kubeconfig=kubeconfig)

store = vllm.ModelStore("models", on_destroy=vllm.ModelStoreOnDestroy.DELETE)

llm = vllm.InferencePlatform(
    "llm",
    cluster={"eks": config.require("eks"), "kubeconfig": kubeconfig},
    namespace={"name": config.require("namespace"), "create": True},
    model_store={"bucket": store.bucket_name},
    models={
        "chat": {
            "served_model_name": "qwen3-8b",
            "gpu": {"product": vllm.GpuProduct.L4},
            "replicas": 2,
            "engine": {"args": {"max-logprobs": 5}},
        },
    },
    api_key={"value": config.require_secret("apiKey")},
    opts=pulumi.ResourceOptions(providers=[cluster]),
)

pulumi.export("endpoint", llm.endpoint)
pulumi.export("bucket", llm.model_bucket)
pulumi.export("apiKey", llm.api_key)
