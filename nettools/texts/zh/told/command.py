"""Chinese for what a command refuses."""

SENTENCES = {
    "port {port:n} must be free, but it cannot be used ({why}); choose another with --port N, "
    "or leave --port away for any free one": (
        "端口 {port} 必须空闲，但无法使用（{why}）；请用 --port N 另选，或省略 --port 使用任"
        "意空闲端口"
    ),
    "notebooks/{name} must be in this folder, was not found in {folder}; the notebooks come "
    "with the source, so run this in a checkout of nettools": (
        "notebooks/{name} 必须在此目录中，在 {folder} 未找到；笔记本随源代码提供，请在 "
        "nettools 的源代码目录中运行"
    ),
    "the server ended while starting:\n{log}": "服务器在启动时结束：\n{log}",
    "the server did not answer within {seconds:n} s:\n{log}": (
        "服务器 {seconds} 秒内没有响应：\n{log}"
    ),
    "there is no file {path} to replay; check the path": "没有可回放的文件 {path}；请检查路径",
    "there is no journal {path}; check the path": "没有日志 {path}；请检查路径",
}
