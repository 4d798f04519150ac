module pulumi-vllm/lab/pause

go 1.26
