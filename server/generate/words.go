package generate

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"gongkai/workflow"
)

// All persons, places and papers are put together from these; identity numbers name a
// region that does not exist, phone numbers begin as none does.
var (
	surnames = strings.Fields("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 萧 田 董 袁 潘 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 付 方 白 邹 孟 熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 万 钱 严 覃 武 戴 莫 孔 向 汤 欧阳 上官 司马 诸葛")
	givens   = []rune("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华玉兰建国志红海燕文晓春梅林云鹏飞雪婷宇浩然子轩梓涵欣怡思远嘉慧俊辉立成东升永贵福生德全长根水金木𠮷喆淼鑫垚翀昱")
	places   = strings.Fields("东风 城南 河西 北山 临江 永兴 新华 和平 青山 石桥 柳林 双塔 三岔口 白鹤湾 桃花源 大槐树 八里铺 五里坡 清水河 红旗渠")
	units    = strings.Fields("街道 镇 乡 开发区 片区 村 社区")
	projects = strings.Fields("棚户区改造项目 旧城改造工程 污水处理厂扩建工程 国有土地上房屋征收项目 集体土地征收项目 道路拓宽工程 垃圾焚烧发电项目 养老服务中心 学校迁建工程 地铁线路站点工程 河道整治工程 变电站新建工程 农贸市场改造 老旧小区加装电梯 保障性租赁住房项目 产业园区二期 高标准农田建设项目 停车场特许经营项目")
	papers   = strings.Fields("立项批复 可行性研究报告 环境影响评价批复 建设用地规划许可证 建设工程规划许可证 征收补偿方案 征收决定 补偿安置协议范本 土地利用现状图 勘测定界图 社会稳定风险评估报告 会议纪要 财政预算 资金使用明细 招标公告及中标通知书 竣工验收备案表 行政处罚决定书 执法检查记录 听证笔录 信访答复意见书 拆迁许可证 宅基地审批材料 低保审核公示 采购合同")
	purposes = strings.Fields("自身生产生活需要 了解本人房屋征收补偿情况 核实邻近地块规划 维护自身合法权益 学术研究 参与项目投标前的调查 核对分户评估结果")
	trades   = strings.Fields("建筑 置业 环保科技 信息咨询 物业服务 食品 律师事务所 贸易 农业发展 文化传媒")
	bureaus  = strings.Fields("自然资源局 住房和城乡建设局 生态环境局 教育局 卫生健康局 民政局 财政局 发展和改革委员会 交通运输局 水务局 农业农村局 市场监督管理局 应急管理局 公安局 司法局 人力资源和社会保障局 文化和旅游局 综合行政执法局 人民政府办公室 街道办事处")
)

func one[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

func place(rnd *rand.Rand) string { return one(rnd, places) + one(rnd, units) }

// applicant makes up who applied.
func applicant(rnd *rand.Rand, kind workflow.ApplicantKind) workflow.Applicant {
	p := workflow.Applicant{Kind: kind, Phone: fmt.Sprintf("010-0%07d", rnd.IntN(10_000_000)), Postcode: fmt.Sprintf("%06d", 990_000+rnd.IntN(10_000))}
	p.Address = fmt.Sprintf("某市%s%s路%d号", place(rnd), one(rnd, places), 1+rnd.IntN(999))
	switch kind {
	case workflow.NaturalPerson:
		p.Name = one(rnd, surnames) + string(one(rnd, givens))
		if rnd.IntN(4) > 0 {
			p.Name += string(one(rnd, givens))
		}
		p.IDType, p.IDNumber = "居民身份证", identity(rnd)
	case workflow.LegalService:
		p.Name = "某市" + one(rnd, places) + "律师事务所"
	case workflow.Business:
		p.Name = "某市" + one(rnd, places) + one(rnd, trades) + "有限公司"
	case workflow.Research, workflow.PublicInterest, workflow.OtherKind:
		p.Name = "某市" + one(rnd, places) + one(rnd, []string{"研究所", "志愿服务中心", "业主委员会", "商会"})
	}
	if rnd.IntN(3) == 0 {
		p.Email = fmt.Sprintf("a%07d@example.cn", rnd.IntN(10_000_000))
	}
	return p
}

// identity is an identity number with its check digit (GB 11643) and a region that no
// province has.
func identity(rnd *rand.Rand) string {
	text := fmt.Sprintf("99%04d%04d%02d%02d%03d", rnd.IntN(10_000), 1945+rnd.IntN(60), 1+rnd.IntN(12), 1+rnd.IntN(28), rnd.IntN(1000))
	sum := 0
	for i, c := range []byte(text) {
		sum += int(c-'0') * (1 << (17 - i) % 11)
	}
	return text + "10X98765432"[sum%11:sum%11+1]
}

// description is what is asked for: a line mostly, a page at times.
func description(rnd *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, "申请公开%s%s的%s", place(rnd), one(rnd, projects), one(rnd, papers))
	more := 0
	switch n := rnd.IntN(20); {
	case n == 0:
		more = 6 + rnd.IntN(20)
	case n < 8:
		more = 1 + rnd.IntN(4)
	}
	for range more {
		fmt.Fprintf(&b, "、%d年度%s%s", 2008+rnd.IntN(19), one(rnd, []string{"", "", place(rnd)}), one(rnd, papers))
	}
	if rnd.IntN(2) == 0 {
		fmt.Fprintf(&b, "，用于%s", one(rnd, purposes))
	}
	return b.String()
}

// agencyName names the i-th agency.
func agencyName(rnd *rand.Rand, i int) string {
	if i == 0 {
		return "某市人民政府办公室"
	}
	return fmt.Sprintf("某市%s%s（%d）", one(rnd, places), one(rnd, bureaus), i)
}
