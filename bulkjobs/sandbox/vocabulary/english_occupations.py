"""English postings: what is particular to each field of work."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .language import Occupation, occupation

OCCUPATIONS: dict[str, Occupation] = {
    "software": occupation(
        "Software Engineer|Software Engineer|Software Developer|Backend Developer|Frontend Developer"
        "|Full Stack Developer|Full Stack Software Engineer|C++ Developer|C# / .NET Developer|.NET Software Engineer"
        "|Go Developer|Golang Backend Engineer|Java Developer|Python Developer|Rust Engineer|iOS Developer"
        "|Android Developer|Embedded C/C++ Engineer|QA Automation Engineer|R&D Software Engineer|PHP Developer",
        "Python|SQL|C++|C#|.NET|Go|Rust|Java|Kotlin|TypeScript|React|Node.js|REST APIs|gRPC|Git|unit testing|Docker"
        "|PostgreSQL|CI/CD|Linux",
        "Design, write and review code in {skill} and {skill2} that will be maintained for years, not weeks",
        "Break large features into small changes that can be tested and released on their own",
        "Find the cause of faults in production with logs, traces and patience, and make sure they stay fixed",
        "Improve the response time of services written in {skill} that answer 4,000 requests a second",
        "Write automated tests at the level where they catch the most and break the least",
        "Move an older {skill2} code base step by step to a design that the team can reason about",
        "Agree on interfaces with the mobile, web & data teams before anything is built",
        leaders="Head of Software Engineering|Director of Engineering|VP Engineering|Chief Technology Officer",
    ),
    "data": occupation(
        "Data Engineer|Data Engineer|Data Engineer|Data Scientist|Data Scientist|Data Scientist|Data Analyst"
        "|Data Analyst|Data Platform Engineer|Analytics Engineer|Machine Learning Engineer|BI Developer"
        "|Business Intelligence Analyst|Statistician|Database Administrator|Data Architect|MLOps Engineer",
        "Python|SQL|R|Spark|dbt|Airflow|pandas|polars|Delta Lake|Snowflake|BigQuery|Kafka|Power BI|Tableau"
        "|statistics|A/B testing|machine learning|data modelling|scikit-learn|Excel",
        "Build and run batch and streaming pipelines in {skill} that the business relies on each morning",
        "Keep SQL models tidy, tested and documented, so that one number means one thing everywhere",
        "Explore new data sets with {skill} and {skill2}, and say plainly what they can and cannot answer",
        "Train, evaluate and monitor forecasting models, and retire those that no longer earn their keep",
        "Design dashboards that people open twice, and remove those that nobody opens",
        "Watch data quality: define checks, chase the sources of errors and report what is missing",
        "Cut storage and query costs by choosing layouts and partitions that fit the way the data is read",
        leaders="Head of Data|Director of Analytics|VP Data Science|Chief Data Officer",
    ),
    "infrastructure": occupation(
        "DevOps Engineer|Site Reliability Engineer|Systems Administrator|Network Engineer|Cloud Engineer"
        "|Cloud Architect|IT Support Specialist|Information Security Analyst|Cyber Security Engineer"
        "|Platform Engineer|Linux Administrator|Telecommunications Technician|IT Manager",
        "Kubernetes|Terraform|Linux|AWS|Azure|Ansible|Prometheus|Grafana|networking|firewalls|Python|Bash|Go"
        "|incident response|backups|Windows Server|identity management|SIEM",
        "Run our clusters with {skill} and {skill2} and keep them boring",
        "Describe infrastructure as code, review it like code and roll it back like code",
        "Lead the response to incidents and write reviews without blame that lead to real changes",
        "Plan capacity for networks and storage over the next eighteen months",
        "Harden servers, rotate secrets & close the findings of our yearly penetration test",
        "Give friendly second-level support to 600 colleagues at four sites",
        leaders="Head of Infrastructure|Director of IT|Chief Information Officer|Chief Information Security Officer",
    ),
    "product": occupation(
        "Product Manager|Product Owner|UX Designer|UI Designer|Product Designer|UX Researcher|Scrum Master"
        "|Technical Product Manager|Graphic Designer|Service Designer",
        "user research|Figma|roadmaps|prototyping|A/B testing|accessibility|user stories|Jira|design systems"
        "|stakeholder interviews|SQL|workshops",
        "Talk with users every week and turn what you hear into problems worth solving",
        "Keep a roadmap that shows what we will not do as clearly as what we will",
        "Sketch, prototype and test ideas with {skill} before a line of code is written",
        "Define how success is measured, and look at the result after each release",
        "Look after our design system so that every screen feels like part of one product",
        leaders="Head of Product|Director of Design|VP Product|Chief Product Officer",
    ),
    "research": occupation(
        "Research Scientist|R&D Engineer|R&D Chemist|Laboratory Technician|Clinical Research Associate"
        "|Postdoctoral Researcher|Bioinformatician|Research Assistant|Marine Scientist|Materials Scientist"
        "|Regulatory Affairs Specialist|R&D Project Manager",
        "experimental design|R|Python|HPLC|PCR|statistics|GLP|scientific writing|microscopy|MATLAB|cell culture"
        "|mass spectrometry|literature review|SQL",
        "Plan and run experiments, record them properly and repeat those that surprise you",
        "Analyse measurements with {skill} and {skill2} and present the findings to an expert audience",
        "Maintain laboratory instruments, order supplies and keep the safety files up to date",
        "Write protocols, reports & contributions to peer-reviewed publications",
        "Carry results from the laboratory to pilot production together with the R&D and quality teams",
        "Prepare funding proposals with partners at universities and public institutes",
        leaders="Head of R&D|Director of Research|VP Research & Development|Chief Scientific Officer",
    ),
    "engineering": occupation(
        "Mechanical Engineer|Electrical Engineer|Civil Engineer|Process Engineer|Quality Engineer"
        "|Manufacturing Engineer|Controls Engineer (PLC)|Structural Engineer|Chemical Engineer|CAD Designer"
        "|Maintenance Engineer|Project Engineer|Wind Turbine Engineer|Environmental Engineer",
        "SolidWorks|AutoCAD|PLC programming|ISO 9001|FMEA|Six Sigma|hydraulics|GD&T|MATLAB|root cause analysis"
        "|finite element analysis|commissioning|C++|LabVIEW",
        "Develop components from the first sketch to series production using {skill}",
        "Calculate loads, tolerances & service life, and check the results against measurements",
        "Accompany commissioning on site and hand over plants that operators understand",
        "Reduce scrap and downtime on two lines by working through causes with the operators",
        "Write specifications for suppliers and inspect what they deliver",
        "Keep drawings, parts lists and risk assessments current throughout the life of the product",
        leaders="Engineering Manager|Director of Engineering|Head of Quality|VP Manufacturing",
    ),
    "health": occupation(
        "Registered Nurse|Registered Nurse|Registered Nurse (RN) - ICU|Licensed Practical Nurse|Nurse Practitioner"
        "|Physical Therapist|Occupational Therapist|Pharmacist|Pharmacy Technician|Medical Assistant"
        "|Radiologic Technologist|Dental Hygienist|Midwife|Paramedic|Physician Assistant|Medical Coder"
        "|Respiratory Therapist|Clinical Psychologist|Staff Nurse – Theatre",
        "patient assessment|wound care|medication administration|IV therapy|triage|electronic health records"
        "|Basic Life Support (BLS)|ACLS|infection control|care planning|patient education|phlebotomy|ICU experience"
        "|discharge planning",
        "Assess patients, plan their care with the wider team and record it promptly",
        "Give medication and treatment safely, including {skill} and {skill2}",
        "Explain diagnoses & treatment to patients and families in words that they understand",
        "Respond calmly to emergencies on the ward and take part in the review afterwards",
        "Supervise students and newly qualified colleagues during their shifts",
        "Keep to hygiene and infection control standards and help to improve them",
        "Coordinate admissions, transfers and discharges with wards, labs and community services",
        leaders="Director of Nursing|Head of Therapy Services|Chief Medical Officer|Chief Nursing Officer",
    ),
    "care": occupation(
        "Care Assistant|Home Care Worker|Social Worker|Support Worker|Youth Worker|Childcare Assistant"
        "|Personal Care Aide|Case Manager|Community Health Worker|Nursing Home Assistant",
        "personal care|dementia care|safeguarding|moving and handling|care planning|first aid|active listening"
        "|medication support|driving licence|report writing",
        "Support people with daily life in a way that keeps their independence and dignity",
        "Agree on care plans with residents, relatives and health services, and review them regularly",
        "Notice changes in health or mood early and pass them on to the right person",
        "Organise activities, outings and small celebrations",
        "Keep accurate notes at the end of every visit, including {skill}",
        leaders="Care Home Manager|Director of Social Services|Head of Safeguarding",
    ),
    "finance": occupation(
        "Accountant|Cost Accountant|Financial Analyst|Credit Risk Analyst|Payroll Specialist|Auditor|Tax Advisor"
        "|Accounts Payable Clerk|Management Accountant|Actuary|Compliance Officer|Underwriter|Bookkeeper"
        "|Quantitative Analyst (C++/Python)|Treasury Analyst|Loan Officer|FP&A Analyst",
        "IFRS|US GAAP|Excel|SAP FI|month-end closing|budgeting|forecasting|SQL|VBA|Power BI|reconciliation|VAT"
        "|risk models|Python|R|audit",
        "Prepare monthly, quarterly & annual accounts and explain the differences",
        "Build budgets and forecasts with the business and track them with {skill}",
        "Check invoices, payments and accruals, and clear open items without delay",
        "Model credit, market or insurance risk with {skill2} and document the assumptions",
        "Accompany external audits and follow up on their findings",
        "Automate recurring reports that are still put together by hand",
        leaders="Finance Director|Head of Controlling|VP Finance|Chief Financial Officer",
    ),
    "legal": occupation(
        "Legal Counsel|Paralegal|Contract Manager|Data Protection Officer|Legal Secretary|Patent Attorney"
        "|Compliance Manager|Corporate Lawyer|Litigation Assistant|Company Secretary",
        "contract law|GDPR|employment law|negotiation|due diligence|legal research|document review|intellectual property"
        "|corporate governance|drafting",
        "Draft, review and negotiate contracts with customers, suppliers & partners",
        "Advise colleagues on {skill} and {skill2} in answers of one page at most",
        "Maintain templates, policies and the register of processing activities",
        "Work with outside counsel on disputes and keep an eye on their cost",
        "Watch changes in the law and tell the departments concerned what to do about them",
        leaders="General Counsel|Head of Legal|Director of Compliance|Chief Compliance Officer",
    ),
    "sales": occupation(
        "Account Executive|Sales Representative|Account Manager|Business Development Manager|Inside Sales Specialist"
        "|Key Account Manager|Sales Development Representative|Pre-Sales Engineer|Field Sales Agent|Sales Manager"
        "|Customer Success Manager",
        "Salesforce|negotiation|prospecting|CRM|forecasting|consultative selling|presentations|cold calling"
        "|contract renewal|HubSpot|B2B sales",
        "Look after existing customers and win new ones in your own territory",
        "Prepare offers, negotiate terms and see each order through to delivery",
        "Keep the pipeline in {skill} honest and up to date",
        "Visit customers and trade fairs, and bring back what the market is asking for",
        "Work with marketing & product on launches, prices and references",
        leaders="Sales Director|Head of Business Development|VP Sales|Chief Revenue Officer",
    ),
    "marketing": occupation(
        "Marketing Manager|Content Writer|SEO Specialist|Social Media Manager|Copywriter|Brand Manager|Event Manager"
        "|Performance Marketing Specialist|Public Relations Officer|Video Editor|Marketing Analyst (SQL)|Translator",
        "SEO|Google Analytics|content strategy|copywriting|Adobe Creative Cloud|email campaigns|SQL|brand guidelines"
        "|social media|video editing|market research|HubSpot",
        "Plan campaigns across channels, run them and report what they returned",
        "Write texts that are correct, clear & pleasant to read, in our own voice",
        "Use {skill} and {skill2} to find out what readers are looking for",
        "Prepare events, from the first idea to the last invoice",
        "Answer press enquiries and keep the media library in order",
        leaders="Head of Marketing|Director of Communications|VP Marketing|Chief Marketing Officer",
    ),
    "people": occupation(
        "HR Generalist|Recruiter|Technical Recruiter|HR Business Partner|Talent Acquisition Specialist|HR Assistant"
        "|Learning & Development Manager|Compensation & Benefits Analyst|Payroll & HR Administrator",
        "recruiting|employment law|onboarding|Workday|interviewing|payroll|training design|Excel|mediation"
        "|people analytics|job architecture",
        "Advise managers and staff on all questions of working life",
        "Run hiring from the first talk to the first day, fairly and without needless delay",
        "Maintain personnel records and prepare payroll with {skill}",
        "Design training that people ask for again",
        "Work with staff representatives on pay, hours & health at work",
        leaders="Head of HR|Director of Talent Acquisition|VP People|Chief People Officer",
    ),
    "service": occupation(
        "Customer Service Representative|Call Center Agent|Administrative Assistant|Receptionist|Office Manager"
        "|Executive Assistant|Data Entry Clerk|Technical Support Agent|Back Office Specialist|Claims Handler",
        "telephone manner|Zendesk|typing|Microsoft Office|scheduling|complaint handling|CRM|order processing"
        "|travel booking|minute taking|multitasking",
        "Answer enquiries by telephone, e-mail & chat, and see them through to the end",
        "Keep calendars, travel and post in order for a team of twelve",
        "Enter and check data in {skill} with care",
        "Handle complaints patiently, and pass on what went wrong so that it is put right",
        "Welcome visitors and look after meeting rooms",
        leaders="Head of Customer Service|Director of Operations|Chief Customer Officer",
    ),
    "trades": occupation(
        "Electrician|Plumber|Carpenter|HVAC Technician|Welder|CNC Machinist|Maintenance Technician|Bricklayer"
        "|Painter & Decorator|Roofer|Diesel Mechanic|Elevator Technician|Industrial Electrician|Crane Operator"
        "|Solar Panel Installer|General Laborer|Gas Engineer|Scaffolder",
        "wiring|reading drawings|TIG welding|CNC milling|refrigeration|pipe fitting|fault finding|working at height"
        "|forklift licence|health and safety|soldering|preventive maintenance|driving licence",
        "Install, service and repair equipment on customer sites, including {skill}",
        "Read drawings and circuit diagrams, and choose materials accordingly",
        "Carry out inspections & preventive maintenance and keep the service log",
        "Find faults by method and mend them so that you need not come back",
        "Keep tools, vehicle and workplace clean and safe",
        "Train an apprentice in {skill2} on the job",
        leaders="Site Manager|Head of Maintenance|Director of Construction",
    ),
    "logistics": occupation(
        "Warehouse Associate|Warehouse Operative|Forklift Operator|Truck Driver (CDL A)|Delivery Driver|Dispatcher"
        "|Supply Chain Planner|Inventory Analyst|Logistics Coordinator|Customs Clerk|Purchasing Agent|Order Picker"
        "|Fleet Manager|Ship's Officer",
        "forklift licence|SAP MM|inventory control|route planning|customs declarations|order picking|CDL class A"
        "|Excel|RF scanner|dangerous goods|lean|scheduling",
        "Receive, store, pick & dispatch goods accurately and on time",
        "Plan routes and loads with {skill} so that vehicles run full",
        "Count stock regularly and find out where differences come from",
        "Clear shipments through customs and keep the papers in order",
        "Deal with carriers and suppliers when something is late",
        "Load and secure goods according to the rules for {skill2}",
        leaders="Warehouse Manager|Head of Logistics|Director of Supply Chain|VP Operations",
    ),
    "retail": occupation(
        "Store Associate|Cashier|Sales Assistant|Store Manager|Assistant Store Manager|Visual Merchandiser"
        "|Stock Clerk|Beauty Advisor|Butcher|Baker|Florist|Department Supervisor|E-commerce Coordinator",
        "customer service|cash handling|merchandising|stock control|upselling|point of sale systems|teamwork"
        "|food hygiene|product knowledge|opening and closing",
        "Advise customers, serve at the till and make the shop a pleasant place",
        "Fill shelves, check dates & prices and build displays for the season",
        "Receive deliveries and keep the stock room tidy, using {skill}",
        "Handle returns and complaints with good grace",
        "Open and close the store and balance the tills",
        leaders="Regional Manager Retail|Head of Merchandising|Director of Stores",
    ),
    "hospitality": occupation(
        "Chef de Partie|Line Cook|Sous Chef|Waiter / Waitress|Bartender|Barista|Hotel Receptionist|Housekeeper"
        "|Kitchen Porter|Restaurant Manager|Night Auditor|Banquet Server|Food Production Operative",
        "food hygiene|menu planning|wine service|espresso|reservations systems|allergen awareness|HACCP|stock control"
        "|guest relations|upselling|teamwork",
        "Prepare and serve dishes to our standard, also when the house is full",
        "Welcome guests, take orders & look after special wishes",
        "Keep your station, fridges and stores clean and labelled in line with {skill}",
        "Plan purchasing and shifts with the head of kitchen",
        "Check guests in and out, and settle their bills",
        leaders="Executive Chef|Hotel General Manager|Director of Food & Beverage",
    ),
    "education": occupation(
        "Primary School Teacher|Mathematics Teacher|Lecturer in Economics|Teaching Assistant|Special Education Teacher"
        "|School Counselor|Instructional Designer|Librarian|English Tutor|Associate Professor of Statistics"
        "|Student Services Advisor|Kindergarten Teacher",
        "lesson planning|classroom management|assessment|Moodle|special needs|curriculum design|safeguarding"
        "|academic writing|R|mentoring|public speaking",
        "Plan and teach lessons that take pupils from where they are to where they could be",
        "Assess work fairly and give feedback that helps",
        "Work with parents, colleagues & support services for each learner",
        "Develop courses and materials with {skill} and {skill2}",
        "Take part in open days, examinations and trips",
        leaders="Head Teacher|Director of Studies|Dean of Students",
    ),
    "public": occupation(
        "Policy Officer|Town Planner|Housing Officer|Police Dispatcher|Grants Administrator|Tax Inspector"
        "|Environmental Health Officer|Building Inspector|Civil Registrar|Public Health Analyst|Firefighter"
        "|Transport Planner|Procurement Officer|Election Services Assistant|GIS Analyst (QGIS/Python)",
        "public procurement|policy analysis|GIS|report writing|stakeholder engagement|planning law|budgeting|Excel"
        "|case work|statistics|inspections|freedom of information",
        "Decide on applications in line with the law and explain the decision in plain words",
        "Prepare papers for the council and its committees, including {skill}",
        "Visit sites & households and record what you find",
        "Manage grants and contracts from the call to the final account",
        "Consult residents and associations before plans are fixed",
        "Publish figures about the service as open data with {skill2}",
        leaders="Head of Planning|Director of Public Works|City Treasurer",
    ),
}
