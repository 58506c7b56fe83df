"""Chinese for the venue's answers: not read, refused, not sent, or not known."""

_UNREAD = "it is unknown until a read succeeds, nothing was sent"
_LOOK_UP = (
    "it may have been done, so look it up by its id and send nothing for it until it is clear"
)

SENTENCES = {
    "{what:told} could not be read: {why:told}; " + _UNREAD: (
        "无法读取{what}：{why}；读取成功之前视为未知，未发送任何订单"
    ),
    "{what:told} could not be read: {why:told}; " + _UNREAD + " ({advice:told})": (
        "无法读取{what}：{why}；读取成功之前视为未知，未发送任何订单（{advice}）"
    ),
    "the answer of {where:told} is of no use ({found})": "{where}的回报无法使用（{found}）",
    "the positions": "持仓",
    "the balance": "余额",
    "the position mode": "持仓模式",
    "the best prices": "最优价",
    "the mark prices": "标记价格",
    "the last prices": "最新价",
    "what the keys may do": "密钥权限",
    "the list of contracts": "合约列表",
    "the venue's clock": "交易所时钟",
    "the fee rates of {symbol}": "{symbol} 的费率",
    "the quote of {symbol}": "{symbol} 的报价",
    "the open orders on {symbol}": "{symbol} 的未成交订单",
    "the executions on {symbol}": "{symbol} 的成交",
    "the forced orders on {symbol}": "{symbol} 的强平订单",
    "the funding of {symbol}": "{symbol} 的资金费",
    "the funding rates of {symbol}": "{symbol} 的资金费率",
    "the funding booked on {symbol}": "{symbol} 已入账的资金费",
    "the order to {order:told}": "订单（{order}）",
    "buy {quantity:n} {leg} at market ({order})": "市价买入 {quantity} {leg}（{order}）",
    "sell {quantity:n} {leg} at market ({order})": "市价卖出 {quantity} {leg}（{order}）",
    "buy {quantity:n} {leg} at {price:n} ({order})": (
        "以 {price} 买入 {quantity} {leg}（{order}）"
    ),
    "sell {quantity:n} {leg} at {price:n} ({order})": (
        "以 {price} 卖出 {quantity} {leg}（{order}）"
    ),
    "cancel {order:name}": "撤销 {order}",
    "the local testnet at {address}": "本地测试网 {address} ",
    "{where:told} does not answer": "{where}没有响应",
    "{where:told} is not connected": "{where}未连接",
    "connect first": "请先连接",
    "check the network, then connect again": "请检查网络，然后重新连接",
    "start it with `{command}`, or check the port, then connect again": (
        "请用 `{command}` 启动，或检查端口，然后重新连接"
    ),
    "no local testnet of {venue} is running; start one with `{command}` in a terminal, or "
    "{call}": "没有正在运行的 {venue} 本地测试网；请在终端中用 `{command}` 启动，或用 {call}",
    "ccxt refused it": "ccxt 拒绝了该请求",
    "no answer came in time": "未及时收到回报",
    "the connection broke": "连接中断",
    "the connection ended": "连接已结束",
    "hung up": "对方断开",
    "the venue refused the keys": "交易所拒绝了密钥",
    "updates of the book are missing": "盘口更新有缺失",
    "the venue asked for fewer requests": "交易所要求减少请求",
    "the venue asked for fewer requests at {time}": "交易所在 {time} 要求减少请求",
    "it lags by {seconds:n} s": "延迟 {seconds} 秒",
    "it said {text} ({code})": "回报为 {text}（{code}）",
    "it said: {text}": "回报为：{text}",
    "{where:told} refused to {what:told}: {why:told}": "{where}拒绝{what}：{why}",
    "look at the venue's text and change the order": "请查看交易所的说明并更改订单",
    "the request to {what:told} was not sent: {why:told}": "请求未发送（{what}）：{why}",
    "the request to {what:told} was sent and its outcome is not known: {why:told}; "
    + _LOOK_UP: (
        "请求（{what}）已发送，结果未知：{why}；它可能已执行，请按编号查询，查明之前不要"
        "重复发送"
    ),
    "the request to {what:told} was sent and the answer of {where:told} is of no use "
    "({found}); " + _LOOK_UP: (
        "请求（{what}）已发送，{where}的回报无法使用（{found}）；它可能已执行，请按编号"
        "查询，查明之前不要重复发送"
    ),
    "{where:told} refused the keys ({code}): they look like another environment's; set {names} "
    "to keys made there (no other host was tried)": (
        "{where}拒绝了密钥（{code}）：它们像是其他环境的密钥；请将 {names} 设为在该处创建"
        "的密钥（未尝试其他主机）"
    ),
    "the venue takes no request of ours, not even a cancel, until {time}: it was asked too "
    "often": "{time} 之前交易所不接受我们的任何请求，包括撤单：请求过于频繁",
    "the venue gives no usable answer since {time}": "自 {time} 起交易所没有给出可用的回报",
    "{why:told}, and is asked again at {time}": "{why}，{time} 再次查询",
    "{used:n} of {most:n} ({name}) are used up until {time}, and the rest is kept for cancels "
    "and reductions": ("{time} 之前 {most} 中的 {used}（{name}）已用完，其余留给撤单与减仓"),
    "accepted for processing; what became of it must be asked for": "已受理；结果需另行查询",
    "the quote of {symbol} could not be read: a side of its book is empty; it is unknown until "
    "the market moves": "无法读取 {symbol} 的报价：盘口一侧为空；行情变动之前视为未知",
    "the price had moved to where it would take; quote again one tick back": (
        "价格已变动，挂单会变成吃单；请后退一个最小价位重新报价"
    ),
    "the book did not hold the whole quantity; send less, or as IOC": (
        "盘口不足以成交全部数量；请减少数量，或用 IOC"
    ),
    "there is less to reduce than we thought; compare positions first": (
        "可减仓的数量少于预期；请先核对持仓"
    ),
    "nothing may grow until margin is free; reducing orders still work": (
        "保证金释放之前不能加仓；减仓订单仍然有效"
    ),
    "the venue lets this account only reduce for now; check its rules there": (
        "交易所目前只允许此账户减仓；请在交易所查看其规则"
    ),
    "the order is worth less than the venue takes; keep it for later": (
        "订单价值低于交易所的最小名义价值；留待以后"
    ),
    "the quantity is below the venue's minimum; keep it for later": (
        "数量低于交易所的最小下单量；留待以后"
    ),
    "the quantity is above the venue's maximum; split the order": (
        "数量超过交易所的最大下单量；请拆分订单"
    ),
    "the quantity is not on the venue's grid; reload the instruments": (
        "数量不符合交易所的数量步长；请重新载入交易规则"
    ),
    "the price is not on the venue's grid; reload the instruments": (
        "价格不符合交易所的最小价位；请重新载入交易规则"
    ),
    "the price is too far from the mark; look at the market and price it again": (
        "价格偏离标记价格过多；请查看行情并重新定价"
    ),
    "the contract does not trade now; wait, or reduce only": (
        "该合约目前不可交易；请等待，或只减仓"
    ),
    "the leg does not fit the account's mode; read the mode again": (
        "持仓腿与账户的持仓模式不符；请重新读取模式"
    ),
    "the account's mode is another one, or cannot change while positions or orders are open; "
    "close them, or open the desk in the account's mode": (
        "账户处于另一种持仓模式，或在有持仓、订单时不能切换；请先平仓撤单，或按账户的模式"
        "打开交易台"
    ),
    "an order with this id exists and is open; look it up and adopt it": (
        "此编号的订单已存在且未成交；请查询并接续处理"
    ),
    "the order id does not fit the venue's alphabet; it needs 1 to 36 characters of A-Z a-z "
    "0-9 _ -": "订单编号不符合交易所要求；须为 1 至 36 个字符：A-Z a-z 0-9 _ -",
    "the venue has no such open order; it may be filled, so look at it": (
        "交易所没有此未成交订单；它可能已成交，请查询"
    ),
    "the venue has no such contract; reload the instruments": (
        "交易所没有此合约；请重新载入交易规则"
    ),
    "too many orders rest already; cancel some": "挂单过多；请撤销一些",
    "too many requests; send nothing for a while": "请求过多；请暂停发送一段时间",
    "the venue is overloaded; wait and send the same order again": (
        "交易所过载；请等待并重新发送同一订单"
    ),
    "our clock and the venue's differ; it is measured again before the next call": (
        "本机与交易所的时钟不一致；下次请求前会重新测量"
    ),
    "the keys look like another environment's; check which testnet they were made for": (
        "密钥像是其他环境的；请检查它们属于哪个测试网"
    ),
    "the keys may not do this: they have expired, lack the permission to trade, or are bound "
    "to another address; look at them on the venue's page": (
        "密钥无此权限：已过期、没有交易权限，或绑定了其他地址；请在交易所页面查看"
    ),
    "it is so already": "已经如此",
    "the request was malformed; this is a fault of nettools, please report it": (
        "请求格式有误；这是 nettools 的错误，请报告"
    ),
    "nettools trades on testnets only: use {venues}, was {venue}; nothing was sent": (
        "nettools 只在测试网交易：请用 {venues}，输入的是 {venue}；未发送任何订单"
    ),
    "a reduce-only order must shrink its leg, but a {side:word} grows {leg}; it was not sent, "
    "drop reduce_only or trade the other side": (
        "只减仓订单必须减小其持仓腿，但{side}会增大 {leg}；未发送，请去掉 reduce_only "
        "或改为反向"
    ),
    "quantity of {symbol} must be a multiple of {step:n} {base}, was {quantity:n}; it was not "
    "sent, round it first": (
        "{symbol} 的数量必须是 {step} {base} 的整数倍，输入的是 {quantity}；未发送，请先取整"
    ),
    "limit_price of {symbol} must be a multiple of {tick:n} {quote}, was {price:n}; it was "
    "not sent, round it first": (
        "{symbol} 的限价必须是 {tick} {quote} 的整数倍，输入的是 {price}；未发送，请先取整"
    ),
    "the venue does not trade {symbol}; use ccxt's unified symbols, it has {known}": (
        "交易所没有 {symbol}；请使用 ccxt 的统一代码，现有 {known}"
    ),
    "a local testnet is at http://{host} and a port, was {address}; nettools trades on "
    "testnets only and nothing was sent": (
        "本地测试网的地址是 http://{host} 加端口，输入的是 {address}；nettools 只在测试网交易，"
        "未发送任何订单"
    ),
    "{method:name} to {address:name} was not sent: this desk may speak to {allowed} and to "
    "nothing else; open the desk again by the name of its testnet": (
        "未向 {address} 发送 {method}：此交易台只可连接 {allowed}；请用测试网的"
        "名称重新打开交易台"
    ),
    "{host:name} sent a {method:name} elsewhere; redirects are not followed": (
        "{host} 把 {method} 转向了别处；不跟随重定向"
    ),
    "a proxy ({name}) is set and the request was not sent: through a proxy nobody can say "
    "which host is reached; remove it": (
        "设置了代理（{name}），请求未发送：经过代理无法确定连接的是哪台主机；请移除代理"
    ),
}
